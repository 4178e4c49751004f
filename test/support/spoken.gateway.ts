import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { All, Get, Module, type Type } from '@nestjs/common';
import {
  type UpstreamClient as Client,
  defineUpstream,
  env,
  FilterResponse,
  Forward,
  type ForwardCall,
  GatewayModule,
  InjectUpstream,
  ProxyController,
  Public,
  Unfiltered,
  type UpstreamDefinition,
  UpstreamModule,
} from 'portcullis';
import { expect } from 'vitest';
import { CertificateAuthority } from './certificate.authority.js';
import { type RunningGateway, startGateway, type Way } from './gateway.harness.js';
import { type RawAnswer, sendRaw } from './raw.client.js';
import {
  SPOKEN,
  type Spoken,
  type TwoProtocolRespond,
  TwoProtocolUpstream,
} from './two-protocol.upstream.js';

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}/g;
const TRACE = /[0-9a-f]{32}-[0-9a-f]{16}/g;
/** Names that tell the three apart, for want of another way to ask for one of them. */
const NAMED = /over-(http1|h2c|h2)/g;

/** A gateway in front of one upstream in three protocols, with routes that are alike: `/over-http1`, `/over-h2c`, `/over-h2`. */
export class SpokenGateway {
  private constructor(
    readonly upstream: TwoProtocolUpstream,
    readonly running: RunningGateway,
    private readonly folder: string,
  ) {}

  static async start(way: Way): Promise<SpokenGateway> {
    const authority = new CertificateAuthority();
    const folder = mkdtempSync(join(tmpdir(), 'spoken-'));
    const caFile = join(folder, 'ca.pem');
    writeFileSync(caFile, authority.cert);
    const upstream = await TwoProtocolUpstream.start(authority.issue('spoken', { names: ['127.0.0.1'] }));
    const environment = {
      OVER_HTTP1_URL: upstream.url('http1'),
      OVER_H2C_URL: upstream.url('h2c'),
      OVER_H2_URL: upstream.url('h2'),
    };
    const running = await startGateway(appFor(caFile), { way, environment });
    return new SpokenGateway(upstream, running, folder);
  }

  async close(): Promise<void> {
    await this.running.close();
    await this.upstream.close();
    rmSync(this.folder, { recursive: true });
  }

  url(spoken: Spoken, path: string): string {
    return `${this.running.url}/over-${spoken}${path}`;
  }

  /**
   * Sends one request over each protocol and fails where the client or the upstream could tell them apart.
   *
   * @param lines method, path, and header lines
   */
  async compare(
    lines: readonly string[],
    body = '',
    respond: TwoProtocolRespond = (_req, res) => res.end('ok'),
  ): Promise<RawAnswer> {
    this.upstream.respond = respond;
    this.upstream.seen.length = 0;
    const [method = '', path = '', ...headers] = lines;
    const answers: RawAnswer[] = [];
    for (const spoken of SPOKEN) {
      const start = `${method} /over-${spoken}${path} HTTP/1.1`;
      const text = [start, 'Host: gateway.test', ...headers].join('\r\n');
      answers.push(await sendRaw(this.running.port, `${text}\r\n\r\n${body}`, method));
    }
    const [first, ...others] = this.upstream.seen.map((seen) =>
      anonymous(JSON.stringify({ ...seen, protocol: '' })),
    );
    const [answer, ...otherAnswers] = answers.map(seenByClient);
    expect(this.upstream.seen.map(({ protocol }) => protocol)).toEqual(['1.1', '2.0', '2.0']);
    expect(others).toEqual([first, first]);
    expect(otherAnswers).toEqual([answer, answer]);
    return answers[1] as RawAnswer;
  }
}

function appFor(caFile: string): Type {
  const upstreams = {
    http1: defineUpstream('over-http1', { targets: env('OVER_HTTP1_URL'), breaker: false }),
    h2c: defineUpstream('over-h2c', { targets: env('OVER_H2C_URL'), breaker: false, protocol: 'http2' }),
    h2: defineUpstream('over-h2', {
      targets: env('OVER_H2_URL'),
      breaker: false,
      protocol: 'auto',
      tls: { caFile },
    }),
  };

  @Module({
    imports: [GatewayModule.forRoot(), UpstreamModule.forFeature(...Object.values(upstreams))],
    controllers: Object.values(upstreams).map(controllerOf),
  })
  class SpokenModule {}
  return SpokenModule;
}

function controllerOf(definition: UpstreamDefinition): Type {
  @Public()
  @ProxyController(definition, definition.name)
  class SpokenController {
    constructor(@InjectUpstream(definition) private readonly upstream: Client) {}

    @Get('filtered')
    @FilterResponse({ omit: ['secret'] })
    filtered(@Forward() call: ForwardCall) {
      return this.upstream.forward(call);
    }

    @Get('joined')
    async joined() {
      return { joined: await this.upstream.get('/part') };
    }

    @All('*path')
    @Unfiltered('one route filters, the others show what the upstream sent')
    any(@Forward() call: ForwardCall) {
      return this.upstream.forward(call);
    }
  }
  return SpokenController;
}

const anonymous = (text: string): string =>
  text.replaceAll(UUID, 'uuid').replaceAll(TRACE, 'trace').replaceAll(NAMED, 'over');

/** What a client sees, without what differs from request to request, and with names in lower case. */
function seenByClient({ status, fields, body, complete }: RawAnswer): unknown {
  const shown = fields
    .map(([name, value]) => anonymous(`${name.toLowerCase()}: ${value}`))
    // Where the upstream announced no length, a body of HTTP/2 comes in frames, and one of Node's HTTP/1.1 with a length.
    .filter((line) => !/^(date|keep-alive|content-length|transfer-encoding): /.test(line))
    .sort();
  return { status, shown, text: anonymous(body.toString('latin1')), complete };
}
