import {
  applyDecorators,
  Get,
  type INestApplication,
  type MiddlewareConsumer,
  Module,
  type NestModule,
  type Provider,
  type Type,
} from '@nestjs/common';
import {
  defineUpstream,
  env,
  Forward,
  type ForwardCall,
  GatewayModule,
  InjectUpstream,
  jwt,
  ProxyController,
  type UpstreamClient,
  UpstreamModule,
} from 'portcullis';
import { expect, vi } from 'vitest';
import type { RouteView } from '../../../src/admin/route.view.js';
import { type Answer, type Ask, ask, startGateway, WAYS, type Way } from '../../support/gateway.harness.js';
import { type ReceivedRequest, RecordingUpstream } from '../../support/recording.upstream.js';
import { bearer } from '../../support/tokens.js';

export const USERS = defineUpstream('user-service', { targets: env('USERS_URL') });

/** What stands in a door and counts. */
export type Spy = () => void;

/** An application with a spy in one door. */
export interface Opened {
  readonly module: Type;
  /** Before the application is initialised. */
  readonly prepare?: (app: INestApplication) => void;
  /** Once it listens. */
  readonly later?: (app: INestApplication) => void;
}

export interface Door {
  readonly name: string;
  readonly open: (spy: Spy) => Opened;
  /** What the compiler makes of the route behind the door. */
  readonly runs: Way;
  /** Why, as the route table says; left out for a compiled route. */
  readonly because?: string;
  /** How often the spy runs in one request; default 1. */
  readonly times?: number;
  /** Default: `/api/users/7`. */
  readonly path?: string;
  readonly ask?: Ask;
  readonly status?: number;
  /** The upstream receives the request; default true. */
  readonly forwards?: boolean;
}

interface Parts {
  readonly onClass?: readonly ClassDecorator[];
  readonly onMethod?: readonly MethodDecorator[];
}

/** The proxy controller every door leads to: `GET /api/users/:id`. */
export function usersController({ onClass = [], onMethod = [] }: Parts = {}): Type {
  @ProxyController(USERS, 'api/users', { upstreamPath: '/users' })
  @applyDecorators(...onClass)
  class UsersController {
    constructor(@InjectUpstream(USERS) private readonly users: UpstreamClient) {}

    @Get(':id')
    @applyDecorators(...onMethod)
    one(@Forward() call: ForwardCall) {
      return this.users.forward(call);
    }
  }
  return UsersController;
}

export interface AppParts {
  readonly controllers?: readonly Type[];
  readonly providers?: readonly Provider[];
  readonly imports?: readonly Type[];
  readonly configure?: (consumer: MiddlewareConsumer) => void;
}

/** A root module with the gateway, the upstream and these parts. */
export function appOf({ controllers, providers = [], imports = [], configure }: AppParts = {}): Type {
  @Module({
    imports: [GatewayModule.forRoot({ authentication: jwt() }), UpstreamModule.forFeature(USERS), ...imports],
    controllers: [...(controllers ?? [usersController()])],
    providers: [...providers],
  })
  class AppModule implements NestModule {
    configure(consumer: MiddlewareConsumer): void {
      configure?.(consumer);
    }
  }
  return AppModule;
}

/** What was seen of two requests through a door. */
export interface Passage {
  /** How often the spy ran in each request. */
  readonly times: readonly number[];
  readonly answer: Answer;
  readonly received: readonly object[];
  readonly views: readonly RouteView[];
}

/** Starts the application, sends two requests and looks what happened. */
export async function pass(door: Door, way: Way): Promise<Passage> {
  const upstream = await RecordingUpstream.start();
  const spy = vi.fn();
  const { module, prepare, later } = door.open(spy);
  const running = await startGateway(module, {
    way,
    environment: { USERS_URL: upstream.url },
    ...(prepare === undefined ? {} : { prepare }),
  });
  try {
    later?.(running.gateway as unknown as INestApplication);
    const times: number[] = [];
    let answer: Answer | undefined;
    for (let i = 0; i < 2; i++) {
      spy.mockClear();
      answer = await ask(running.url + (door.path ?? '/api/users/7'), {
        ...door.ask,
        headers: { ...bearer(), ...door.ask?.headers },
      });
      times.push(spy.mock.calls.length);
    }
    const views = (await ask(`${running.adminUrl}/routes`)).json() as RouteView[];
    return { times, answer: answer as Answer, received: upstream.received.map(wireOf), views };
  } finally {
    await running.close();
    await upstream.close();
  }
}

/** The promise of every door: its spy runs equally often on both ways, and the table says how the route runs and why. */
export async function expectDoor(door: Door): Promise<void> {
  const [compiled, interpreted] = [await pass(door, WAYS[0]), await pass(door, WAYS[1])];

  const { times = 1, status = 200, forwards = true } = door;
  expect(compiled.times).toEqual([times, times]);
  expect(interpreted.times).toEqual([times, times]);
  expect(compiled.answer.status).toBe(status);
  expect(shapeOf(interpreted.answer)).toEqual(shapeOf(compiled.answer));
  expect(compiled.received).toHaveLength(forwards ? 2 : 0);
  expect(interpreted.received).toEqual(compiled.received);
  expect(interpreted.views.every(({ mode }) => mode === 'interpreted')).toBe(true);
  expect(new Set(compiled.views.map(({ mode }) => mode))).toEqual(new Set([door.runs]));
  expect(compiled.views.map(({ reasons }) => reasons.join(', '))).toEqual(
    compiled.views.map(() => door.because ?? ''),
  );
}

/** What a client sees, without what differs from one request to the next. */
function shapeOf({ status, headers, text }: Answer): object {
  const {
    date: _date,
    'x-correlation-id': _id,
    'ratelimit-reset': _reset,
    'x-ratelimit-reset': _oldReset,
    ...rest
  } = headers;
  return { status, headers: rest, text: text.replace(/"correlationId":"[^"]*"/, '') };
}

/** What the upstream received, without what differs from one request or port to the next. */
function wireOf({ method, url, headers, body }: ReceivedRequest): object {
  const kept = Object.entries(headers).filter(([name]) => !VARYING.has(name));
  return { method, url, headers: Object.fromEntries(kept), body: body.toString() };
}

const VARYING = new Set([
  'host',
  'authorization',
  'x-correlation-id',
  'x-forwarded-host',
  'x-forwarded-port',
]);
