import { connect } from 'node:http2';
import { Controller, Get, Module, UseGuards } from '@nestjs/common';
import {
  defineUpstream,
  env,
  Forward,
  type ForwardCall,
  GatewayModule,
  InjectUpstream,
  JwtAuthGuard,
  jwt,
  NoSecurityHeaders,
  ProxyController,
  Public,
  SecurityHeaders,
  securityHeaders,
  type UpstreamClient,
  UpstreamModule,
} from 'portcullis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CertificateAuthority } from '../support/certificate.authority.js';
import { CertificateFiles } from '../support/certificate.files.js';
import { gatewayOf } from '../support/gateway.fixture.js';
import { type Answer, ask, startGateway, WAYS } from '../support/gateway.harness.js';
import { askOn } from '../support/http2.asker.js';
import { RecordingUpstream } from '../support/recording.upstream.js';
import { askTls } from '../support/tls.client.js';
import { bearer } from '../support/tokens.js';

const PAGES = defineUpstream('page-service', { targets: env('UPSTREAM_URL') });

@ProxyController(PAGES, 'pages')
class PagesController {
  constructor(@InjectUpstream(PAGES) private readonly pages: UpstreamClient) {}

  @Get('default')
  plain(@Forward() call: ForwardCall) {
    return this.pages.forward(call);
  }

  @Get('own')
  @SecurityHeaders({
    xFrameOptions: 'DENY',
    originAgentCluster: false,
    permissionsPolicy: 'camera=()',
    replace: true,
  })
  own(@Forward() call: ForwardCall) {
    return this.pages.forward(call);
  }

  @Get('none')
  @NoSecurityHeaders('a file for other programs')
  none(@Forward() call: ForwardCall) {
    return this.pages.forward(call);
  }
}

@Controller('about')
@SecurityHeaders({ contentSecurityPolicy: "default-src 'none'" })
class AboutController {
  @Get()
  about() {
    return { about: true };
  }

  @Get('guarded')
  @UseGuards(JwtAuthGuard)
  guarded() {
    return {};
  }
}

@Module({
  imports: [
    GatewayModule.forRoot({ authentication: jwt(), defaults: [securityHeaders()] }),
    UpstreamModule.forFeature(PAGES),
  ],
  controllers: [PagesController, AboutController],
})
class AppModule {}

/** What helmet 8 sends, apart from what depends on TLS. */
const HELMET = {
  'content-security-policy':
    "default-src 'self';base-uri 'self';font-src 'self' https: data:;form-action 'self';frame-ancestors 'self';img-src 'self' data:;object-src 'none';script-src 'self';script-src-attr 'none';style-src 'self' https: 'unsafe-inline';upgrade-insecure-requests",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'origin-agent-cluster': '?1',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-dns-prefetch-control': 'off',
  'x-download-options': 'noopen',
  'x-frame-options': 'SAMEORIGIN',
  'x-permitted-cross-domain-policies': 'none',
  'x-xss-protection': '0',
};

describe.each(WAYS)('security headers, %s', (way) => {
  const fixture = gatewayOf(AppModule, { way });

  it('are those of helmet, on answers and on refusals', async () => {
    const answer = await fixture.ask('/pages/default');
    const refused = await ask(`${fixture.running.url}/pages/default`);
    const nowhere = await ask(`${fixture.running.url}/nowhere`);

    expect([answer.status, refused.status, nowhere.status]).toEqual([200, 401, 404]);
    for (const { headers } of [answer, refused, nowhere]) {
      expect(headers).toMatchObject(HELMET);
      expect(headers['strict-transport-security']).toBeUndefined();
    }
  });

  it('are the same over HTTP/2', async () => {
    const session = connect(fixture.running.url);

    const answer = await askOn(session, '/pages/default', { headers: bearer() });
    session.destroy();

    expect(answer.headers).toMatchObject(HELMET);
  });

  it('leave what the upstream says of its own page, and take its X-Powered-By away', async () => {
    fixture.upstream.respond = (_req, res) => {
      res.setHeader('X-Powered-By', 'PHP/5.3');
      res.setHeader('X-Frame-Options', 'DENY');
      res.end();
    };

    const { headers } = await fixture.ask('/pages/default');

    expect(headers).toMatchObject({ ...HELMET, 'x-frame-options': 'DENY' });
    expect(headers['x-powered-by']).toBeUndefined();
  });

  it('are changed, left out, added and put in place of the upstream’s by a route', async () => {
    fixture.upstream.respond = (_req, res) => {
      res.setHeader('X-Frame-Options', 'ALLOWALL');
      res.end();
    };

    const { headers, rawHeaders } = await fixture.ask('/pages/own');

    expect(headers).toMatchObject({ 'x-frame-options': 'DENY', 'permissions-policy': 'camera=()' });
    expect(headers['origin-agent-cluster']).toBeUndefined();
    expect(rawHeaders.filter((name) => name.toLowerCase() === 'x-frame-options')).toHaveLength(1);
  });

  it('are off where a route says so', async () => {
    const { headers } = await fixture.ask('/pages/none');

    for (const name of Object.keys(HELMET)) expect(headers[name]).toBeUndefined();
  });

  it('stand on ordinary controllers, on the refusals of their guards too', async () => {
    const answer = await ask(`${fixture.running.url}/about`);
    const refused = await ask(`${fixture.running.url}/about/guarded`);

    expect([answer.status, refused.status]).toEqual([200, 401]);
    for (const { headers } of [answer, refused]) {
      expect(headers).toMatchObject({ ...HELMET, 'content-security-policy': "default-src 'none'" });
    }
  });
});

describe.each(WAYS)('Strict-Transport-Security, %s', (way) => {
  let upstream: RecordingUpstream;
  let files: CertificateFiles;

  beforeAll(async () => {
    upstream = await RecordingUpstream.start();
    files = new CertificateFiles();
  });
  afterAll(async () => {
    files.remove();
    await upstream.close();
  });

  it('is sent over TLS, once, and what the TLS settings say counts more', async () => {
    const { certFile, keyFile } = files.put(
      'server',
      CertificateAuthority.selfSigned('localhost', { names: ['localhost', '127.0.0.1'] }),
    );
    const environment = { UPSTREAM_URL: upstream.url, TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile };
    const fieldOf = async (more: Record<string, string>): Promise<readonly string[]> => {
      const running = await startGateway(AppModule, { way, environment: { ...environment, ...more } });
      const answer = await askTls(running.httpsPort, '/pages/default', {
        headers: bearer(),
        tls: { rejectUnauthorized: false },
      });
      await running.close();
      return valuesOf(answer, 'strict-transport-security');
    };

    expect(await fieldOf({})).toEqual(['max-age=31536000; includeSubDomains']);
    expect(await fieldOf({ HSTS_MAX_AGE_SECONDS: '60' })).toEqual(['max-age=60']);
  });
});

function valuesOf({ rawHeaders }: Answer, name: string): readonly string[] {
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name);
}

@ProxyController(PAGES, 'wrong')
@Public()
@SecurityHeaders({ xFrameOption: 'DENY', xXssProtection: 'a\nb' } as object)
class WrongController {
  constructor(@InjectUpstream(PAGES) private readonly pages: UpstreamClient) {}

  @Get()
  all(@Forward() call: ForwardCall) {
    return this.pages.forward(call);
  }
}

it('mistakes are listed at start', async () => {
  @Module({
    imports: [GatewayModule.forRoot(), UpstreamModule.forFeature(PAGES)],
    controllers: [WrongController],
  })
  class WrongModule {}

  const starting = startGateway(WrongModule, { environment: { UPSTREAM_URL: 'http://127.0.0.1:9' } });

  await expect(starting).rejects.toThrow(/xFrameOption.*xFrameOptions[\s\S]*xXssProtection/);
});
