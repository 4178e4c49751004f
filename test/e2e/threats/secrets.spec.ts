import { generateKeyPairSync } from 'node:crypto';
import { Get, Module } from '@nestjs/common';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import {
  Authenticate,
  basic,
  defineUpstream,
  env,
  Forward,
  type ForwardCall,
  ForwardIdentity,
  GatewayModule,
  InjectUpstream,
  introspection,
  jwt,
  ProxyController,
  type UpstreamClient,
  UpstreamModule,
} from 'portcullis';
import { afterAll, expect, it } from 'vitest';
import { NO_TELEMETRY } from '../../../src/observability/telemetry.js';
import { hashPassword } from '../../../src/policies/authenticate/basic/password-hash.js';
import { CertificateFiles } from '../../support/certificate.files.js';
import { type Answer, ask, startGateway, TEST_SECRET, WAYS } from '../../support/gateway.harness.js';
import { RecordingUpstream } from '../../support/recording.upstream.js';
import { token } from '../../support/tokens.js';

const SERVICE = defineUpstream('secret-service', { targets: env('UPSTREAM_URL'), breaker: false });

const CANARY = {
  password: 'canary password of a user',
  wrongPassword: 'canary that is no password',
  opaque: 'canary-opaque-token-0123456789',
  refused: 'canary-refused-token-987654321',
  client: 'canary-secret-of-the-gateway-itself',
};

@ProxyController(SERVICE, 'secrets')
@ForwardIdentity({ token: { audience: 'secret-service', header: 'X-Gateway-Identity' } })
class SecretsController {
  constructor(@InjectUpstream(SERVICE) private readonly service: UpstreamClient) {}

  @Get('token')
  @Authenticate(jwt({ in: [{ query: 'access_token' }, { cookie: 'session' }] }))
  token(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('token/broken')
  @Authenticate(jwt({ in: [{ query: 'access_token' }, { cookie: 'session' }] }))
  brokenToken(@Forward() call: ForwardCall): never {
    throw carelessly(call);
  }

  @Get('basic')
  @Authenticate(basic())
  basic(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('basic/broken')
  @Authenticate(basic())
  brokenBasic(@Forward() call: ForwardCall): never {
    throw carelessly(call);
  }

  @Get('opaque')
  @Authenticate(introspection())
  opaque(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('opaque/broken')
  @Authenticate(introspection())
  brokenOpaque(@Forward() call: ForwardCall): never {
    throw carelessly(call);
  }
}

/** What a careless handler throws holds all there is. */
function carelessly({ exchange, clientHeaders }: ForwardCall): Error {
  return new Error(`broken: ${exchange.query} ${clientHeaders.join()}`);
}

@Module({
  imports: [GatewayModule.forRoot(), UpstreamModule.forFeature(SERVICE)],
  controllers: [SecretsController],
})
class SecretsModule {}

const files = new CertificateFiles();
const signingKey = generateKeyPairSync('ed25519')
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString();
const keyFile = files.write('identity.pem', signingKey);
const consumersFile = files.write(
  'consumers.json',
  JSON.stringify({
    consumers: [{ id: 'ali', passwords: [{ username: 'ali', hash: await hashPassword(CANARY.password) }] }],
  }),
);

afterAll(() => files.remove());

it.each(
  WAYS.flatMap((way) => (['debug', 'info', 'warn', 'error'] as const).map((level) => [way, level] as const)),
)(
  '[62] no secret of any method stands in a log, metric, trace, error or admin answer, %s, at the level %s',
  async (way, level) => {
    const exporter = new InMemorySpanExporter();
    const tracerProvider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
    const upstream = await RecordingUpstream.start();
    const issuer = await RecordingUpstream.start();
    issuer.respond = (_req, res) => {
      const asked = new URLSearchParams(issuer.received.at(-1)?.body.toString());
      res.setHeader('Content-Type', 'application/json');
      res.end(JSON.stringify({ active: asked.get('token') === CANARY.opaque, sub: 'opal' }));
    };
    const running = await startGateway(SecretsModule, {
      way,
      telemetry: { ...NO_TELEMETRY, tracerProvider },
      environment: {
        UPSTREAM_URL: upstream.url,
        LOG_LEVEL: level,
        CONSUMERS_FILE: consumersFile,
        INTROSPECTION_URL: `${issuer.url}/introspect`,
        INTROSPECTION_CLIENT_ID: 'gateway',
        INTROSPECTION_CLIENT_SECRET: CANARY.client,
        IDENTITY_KEY_FILE: keyFile,
        IDENTITY_ISSUER: 'https://gateway.test',
      },
    });
    const answers: Answer[] = [];
    const request = async (path: string, headers: Record<string, string> = {}): Promise<void> =>
      void answers.push(await ask(`${running.url}/secrets/${path}`, { headers }));
    const [good, bad] = [token(), token({ exp: 1 })];
    const basicOf = (password: string) => ({
      Authorization: `Basic ${Buffer.from(`ali:${password}`).toString('base64')}`,
    });

    for (const end of ['', '/broken']) {
      for (const each of [good, bad]) {
        await request(`token${end}?access_token=${each}`);
        await request(`token${end}`, { Cookie: `session=${each}` });
        await request(`token${end}?access_token=${each}`, { Cookie: `session=${each}` });
      }
      for (const password of [CANARY.password, CANARY.wrongPassword]) {
        await request(`basic${end}`, basicOf(password));
      }
      for (const each of [CANARY.opaque, CANARY.refused]) {
        await request(`opaque${end}`, { Authorization: `Bearer ${each}` });
      }
    }
    const internal = upstream.received.map(({ headers }) => String(headers['x-gateway-identity']));
    await upstream.close();
    await issuer.close();
    await request(`token?access_token=${good}`);
    await request('opaque', { Authorization: `Bearer ${CANARY.refused}-again` });
    const admin = await Promise.all(
      ['/metrics', '/health', '/routes', '/upstreams'].map((path) => ask(running.adminUrl + path)),
    );
    await running.accessLines(answers.length);
    const spans = exporter
      .getFinishedSpans()
      .map(({ name, attributes, events, status }) => ({ name, attributes, events, status }));
    const seen = JSON.stringify([
      running.lines(),
      spans,
      [...answers, ...admin].map(({ text, rawHeaders }) => [text, rawHeaders]),
    ]);
    await running.close();

    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 401, 500, 502, 503]));
    expect(internal.every((each) => each.startsWith('eyJ'))).toBe(true);
    const secrets = [
      ...Object.values(CANARY),
      ...Object.values(CANARY).map((text) => Buffer.from(text).toString('base64').slice(4, 24)),
      ...[good, bad, ...internal].map((text) => text.slice(-40)),
      TEST_SECRET,
      signingKey.split('\n')[1] as string,
    ];
    expect(secrets.filter((secret) => seen.includes(secret))).toEqual([]);
  },
);
