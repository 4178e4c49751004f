import { describe, expect, it } from 'vitest';
import { Cancellation } from '../../../src/contracts/cancellation.js';
import { collectBody } from '../../../src/contracts/collect-body.js';
import { GatewayError } from '../../../src/contracts/gateway-error.js';
import { WholeBody } from '../../../src/contracts/upstream-response.js';
import { SentBody } from '../policies/json-body/answer.fixture.js';

const overLimit = (): Error => new RangeError('over the limit');

describe('collectBody', () => {
  it('joins what came, up to exactly the limit', async () => {
    const body = new SentBody();
    const collected = collectBody(body, 6, overLimit, new Cancellation());

    body.send('ab', 'cde', 'f');
    body.sink?.end();

    expect((await collected).toString()).toBe('abcdef');
    expect(body.cancelled).toBe(false);
  });

  it('stops the source one byte over the limit', async () => {
    const body = new SentBody();
    const collected = collectBody(body, 6, overLimit, new Cancellation());

    body.send('abcdef', 'g', 'more');

    await expect(collected).rejects.toThrow('over the limit');
    expect(body.cancelled).toBe(true);
  });

  it('does not begin a body that says it is over the limit', async () => {
    const body = new SentBody(7);

    await expect(collectBody(body, 6, overLimit, new Cancellation())).rejects.toThrow('over the limit');
    expect(body.discarded).toBe(true);
    expect(body.sink).toBeUndefined();
  });

  it('refuses a source that writes too much before it hands over its flow', async () => {
    await expect(
      collectBody(new WholeBody(Buffer.from('abcdefg')), 6, overLimit, new Cancellation()),
    ).rejects.toThrow('over the limit');
  });

  it('never takes a body that broke off for a whole one', async () => {
    const body = new SentBody();
    const collected = collectBody(body, 100, overLimit, new Cancellation());
    const reset = new GatewayError('upstream-reset');

    body.send('{}');
    body.sink?.fail(reset);

    await expect(collected).rejects.toBe(reset);
  });

  it('lets go of the upstream when the client leaves', async () => {
    const body = new SentBody();
    const cancellation = new Cancellation();
    const collected = collectBody(body, 100, overLimit, cancellation);
    const left = new GatewayError('client-closed');

    body.send('{');
    cancellation.cancel(left);

    await expect(collected).rejects.toBe(left);
    expect(body.cancelled).toBe(true);
  });

  it('lets go at once when the client left before', async () => {
    const body = new SentBody();
    const cancellation = new Cancellation();
    const left = new GatewayError('client-closed');
    cancellation.cancel(left);

    const collected = collectBody(body, 100, overLimit, cancellation);

    await expect(collected).rejects.toBe(left);
    expect(body.cancelled).toBe(true);
  });
});
