import { All, Controller, Get, Injectable, Module, Req, UseGuards } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import passport from 'passport';
import { ExtractJwt, Strategy as PassportJwt } from 'passport-jwt';
import {
  Authenticate,
  anonymous,
  anyOf,
  basic,
  clientCertificate,
  defineUpstream,
  env,
  Forward,
  type ForwardCall,
  ForwardIdentity,
  forwardIdentity,
  GatewayModule,
  InjectUpstream,
  JwtAuthGuard,
  jwt,
  NoForwardIdentity,
  type Principal,
  ProxyController,
  Public,
  passportStrategy,
  RequireScope,
  TransformRequest,
  type UpstreamClient,
  UpstreamModule,
  WebSocket,
} from 'portcullis';
import { ConsumerList } from '../../src/policies/authenticate/consumers/consumer.list.js';

/** The secret of the team's own passport-jwt strategy, which is not the gateway's. */
export const TEAM_SECRET = 'the-teams-own-secret-of-thirty-two-bytes-and-more';

/** One consumer with a user `ali` and a certificate. */
export const consumers = (hash: string, fingerprint: string): ConsumerList =>
  new ConsumerList([
    {
      consumer: {
        id: 'c-1',
        name: 'Reports',
        customId: 'crm-7',
        plan: 'gold',
        groups: new Set(['a', 'b,c']),
      },
      apiKeys: [],
      passwords: [{ username: 'ali', hash, scopes: new Set(['reports:read']) }],
      certificates: [
        { id: 'cert-1', fingerprint, commonName: undefined, name: undefined, scopes: new Set(['x']) },
      ],
    },
  ]);

const SERVICE = defineUpstream('service', { targets: env('UPSTREAM_URL'), breaker: false });
const LEGACY = defineUpstream('legacy', { targets: env('UPSTREAM_URL'), breaker: false, proxy: {} });

interface StrategyActions {
  success(user: object, info?: object): void;
  fail(challenge?: string): void;
  error(error: unknown): void;
  redirect(url: string): void;
}

/** A strategy as passport-http-bearer and its like are written: it reads the request and calls one of its actions. */
class TicketStrategy {
  readonly name = 'ticket';

  authenticate(this: TicketStrategy & StrategyActions, req: { headers: Record<string, string> }) {
    const ticket = req.headers['x-ticket'];
    // A strategy that is careless with what it is handed.
    req.headers['x-forged'] = 'by the strategy';
    setImmediate(() => {
      if (ticket === undefined) return this.fail('Ticket realm="show"');
      if (ticket === 'login') return this.redirect('https://idp.test/login');
      if (ticket === 'down') return this.error(new Error('connect ECONNREFUSED 10.0.0.7:389'));
      if (ticket !== 'good') return this.fail('Ticket realm="show", error="bad"');
      this.success({ id: 'ada', tenant: 'north' }, { scope: 'shows:see' });
    });
  }
}
passport.use(new TicketStrategy() as unknown as passport.Strategy);

/** passport-jwt itself, as Nest applications have it. */
@Injectable()
class TeamJwtStrategy extends PassportStrategy(PassportJwt, 'team-jwt') {
  constructor() {
    super({ jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(), secretOrKey: TEAM_SECRET });
  }

  validate(payload: { sub: string; team: string }) {
    if (payload.team === 'none') return false;
    return { sub: payload.sub, team: payload.team };
  }
}

@ProxyController(SERVICE, 'api')
class ApiController {
  constructor(@InjectUpstream(SERVICE) private readonly service: UpstreamClient) {}

  @Get('basic')
  @Authenticate(basic({ realm: 'reports' }))
  @RequireScope('reports:read')
  @WebSocket()
  basic(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('any')
  @Authenticate(anyOf(jwt(), basic(), anonymous({ consumer: 'guest' })))
  any(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('certificate')
  @Authenticate(clientCertificate({ accept: 'any', subject: 'dns' }))
  @ForwardIdentity({ subject: 'X-Partner', claims: { 'X-Partner-Issuer': 'issuer' } })
  @WebSocket()
  certificate(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('consumer-certificate')
  @Authenticate(clientCertificate())
  consumerCertificate(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('ticket')
  @Authenticate(passportStrategy('ticket', { credentialHeaders: ['X-Ticket'] }))
  @ForwardIdentity({ subject: 'X-User', scopes: 'X-Scopes', claims: { 'X-Tenant-Id': 'tenant' } })
  @WebSocket()
  ticket(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('team-jwt')
  @Authenticate(passportStrategy('team-jwt', { challenge: 'Bearer' }))
  @ForwardIdentity({ consumer: false, claims: { 'X-Team': 'team' } })
  teamJwt(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }
}

@ProxyController(SERVICE, 'told')
@ForwardIdentity({
  claims: { 'X-Tenant-Id': 'tenant', 'X-Roles': 'realm_access.roles', 'X-Partner': 'partner' },
  token: { audience: 'orders', claims: ['tenant'] },
})
class ToldController {
  constructor(@InjectUpstream(SERVICE) private readonly service: UpstreamClient) {}

  @Get('bearer')
  @ForwardIdentity({ token: { audience: ['orders', 'stock'], header: 'Authorization', lifetimeSeconds: 30 } })
  bearer(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('public-bearer')
  @Public()
  @ForwardIdentity({ token: { audience: 'orders', header: 'Authorization' } })
  publicBearer(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('nothing')
  @NoForwardIdentity('the service is not ours')
  nothing(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('edited')
  @TransformRequest({ headers: { set: { 'X-Tenant-Id': 'edited', 'X-Consumer-ID': 'edited' } } })
  edited(@Forward() call: ForwardCall) {
    return this.service.forward(call.withHeader('X-Tenant-Id', 'handler'));
  }

  @Get('joined')
  async joined() {
    await this.service.get('/without');
    await this.service.get('/with', { identity: true });
    return { ok: true };
  }

  @All(['', '*path'])
  @WebSocket()
  rest(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }
}

@ProxyController(SERVICE, 'open')
@Public()
class OpenController {
  constructor(@InjectUpstream(SERVICE) private readonly service: UpstreamClient) {}

  @All(['', '*path'])
  rest(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }
}

@ProxyController(LEGACY, 'legacy')
@ForwardIdentity({ claims: { 'X-Tenant-Id': 'tenant' }, token: { audience: 'legacy' } })
class LegacyController {
  constructor(@InjectUpstream(LEGACY) private readonly legacy: UpstreamClient) {}

  @All(['', '*path'])
  rest(@Forward() call: ForwardCall) {
    return this.legacy.forward(call);
  }
}

/** An ordinary controller, where Nest's own door to the methods stands. */
@Controller('me')
class MeController {
  @Get()
  @UseGuards(JwtAuthGuard)
  @Authenticate(anyOf(basic(), passportStrategy('ticket')))
  me(@Req() req: { user?: Principal }) {
    return { subject: req.user?.subject, method: req.user?.method };
  }
}

/** Every way to be known, and what upstreams are told of it. */
@Module({
  imports: [
    GatewayModule.forRoot({ authentication: jwt(), defaults: [forwardIdentity()] }),
    UpstreamModule.forFeature(SERVICE, LEGACY),
  ],
  providers: [TeamJwtStrategy],
  controllers: [ApiController, ToldController, OpenController, LegacyController, MeController],
})
export class CredentialsModule {}
