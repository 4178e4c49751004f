import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../../../src/contracts/gateway-error.js';
import { StreamingBody } from '../../../../src/proxy/http1/streaming-body.js';

class RecordingSource {
  readonly told: string[] = [];
  pauseBody = () => this.told.push('pause');
  resumeBody = () => this.told.push('resume');
  abandonBody = () => this.told.push('abandon');
}

class RecordingSink {
  readonly told: string[] = [];
  constructor(public takes = true) {}
  write(chunk: Buffer): boolean {
    this.told.push(chunk.toString('latin1'));
    return this.takes;
  }
  end = () => this.told.push('end');
  fail = (error: GatewayError) => this.told.push(error.code);
}

const arrange = (length?: number) => {
  const source = new RecordingSource();
  return { source, body: new StreamingBody(source, length, () => {}) };
};

describe('StreamingBody', () => {
  it('holds what came before the reader, in order, and ends after it', () => {
    const { body } = arrange();
    const sink = new RecordingSink();
    body.push(Buffer.from('a'));
    body.push(Buffer.from('b'));
    body.finish();

    body.pipe(sink);

    expect(sink.told).toEqual(['a', 'b', 'end']);
  });

  it('stops the upstream before much is held for a reader that has not come', () => {
    const { body, source } = arrange();

    body.push(Buffer.alloc(40_000));
    body.push(Buffer.alloc(40_000));

    expect(source.told).toEqual(['pause']);
  });

  it('stops for a sink that takes no more and goes on when asked', () => {
    const { body, source } = arrange();
    const sink = new RecordingSink(false);
    const flow = body.pipe(sink);
    body.push(Buffer.from('a'));
    const toldWhileBlocked = [...source.told];

    flow.resume();
    body.finish();

    expect(toldWhileBlocked).toEqual(['resume', 'pause']);
    expect(source.told).toEqual(['resume', 'pause', 'resume']);
    expect(sink.told).toEqual(['a', 'end']);
  });

  it('tells the reader of a cut, also one that comes after it', () => {
    const { body } = arrange();
    const early = new RecordingSink();
    body.push(Buffer.from('a'));

    body.fail(new GatewayError('upstream-reset'));
    body.pipe(early);

    expect(early.told).toEqual(['upstream-reset']);
  });

  it('tells a reader that gave up nothing more, and closes the connection once', () => {
    const { body, source } = arrange();
    const sink = new RecordingSink();
    const flow = body.pipe(sink);

    flow.cancel();
    flow.cancel();
    body.push(Buffer.from('a'));

    expect(source.told).toEqual(['resume', 'abandon']);
    expect(sink.told).toEqual([]);
  });

  it('reads a short rest away and drops the connection over a long one', () => {
    const short = arrange(50_000);
    const long = arrange(1_000_000);
    const unknown = arrange();

    short.body.discard();
    short.body.push(Buffer.alloc(50_000));
    long.body.discard();
    unknown.body.discard();
    unknown.body.push(Buffer.alloc(50_000));
    unknown.body.push(Buffer.alloc(50_000));

    expect(short.source.told).toEqual(['resume']);
    expect(long.source.told).toEqual(['abandon']);
    expect(unknown.source.told).toEqual(['resume', 'abandon']);
  });
});
