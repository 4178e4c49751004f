import { Body, Controller, Get, Module, Post } from '@nestjs/common';
import {
  defineUpstream,
  env,
  Forward,
  type ForwardCall,
  GatewayModule,
  InjectUpstream,
  ProxyController,
  Public,
  type UpstreamClient,
  UpstreamModule,
} from 'portcullis';
import { expect } from 'vitest';
import { type RunningGateway, startGateway, type Way } from './gateway.harness.js';
import type { RawAnswer } from './raw.client.js';
import { RecordingUpstream, type Respond } from './recording.upstream.js';
import { type Script, ScriptedUpstream } from './scripted.upstream.js';

/** More than the kernel holds for a client that does not read. */
export const LARGE = Buffer.alloc(16 * 1024 * 1024, 'x');
/** The most that is sent with its head in one write. */
export const SMALL = Buffer.alloc(16 * 1024, 'x');

const NOTES = defineUpstream('note-service', { targets: env('UPSTREAM_URL'), breaker: false });
const WIRE = defineUpstream('wire-service', { targets: env('WIRE_URL'), breaker: false });

@ProxyController(NOTES, 'notes')
@Public()
class NotesController {
  constructor(@InjectUpstream(NOTES) private readonly notes: UpstreamClient) {}

  @Get('*path')
  give(@Forward() call: ForwardCall) {
    return this.notes.forward(call);
  }

  @Post('*path')
  take(@Forward() call: ForwardCall) {
    return this.notes.forward(call);
  }
}

@ProxyController(WIRE, 'wire')
@Public()
class WireController {
  constructor(@InjectUpstream(WIRE) private readonly wire: UpstreamClient) {}

  @Get()
  give(@Forward() call: ForwardCall) {
    return this.wire.forward(call);
  }

  @Post(['', 'early'])
  take(@Forward() call: ForwardCall) {
    return this.wire.forward(call);
  }
}

/** A controller of the team's own, with Nest's body parser in front. */
@Controller('own')
class OwnController {
  @Post('form')
  form(@Body() form: { text: string }) {
    return { characters: form.text.length };
  }

  @Get('large')
  large() {
    return LARGE.toString('latin1');
  }

  @Get('small')
  small() {
    return SMALL.toString('latin1');
  }
}

@Module({
  imports: [GatewayModule.forRoot(), UpstreamModule.forFeature(NOTES, WIRE)],
  controllers: [NotesController, WireController, OwnController],
})
class LimitsModule {}

/** What the promises of one limit work with; started before the first of them. */
export interface LimitsContext {
  readonly way: Way;
  readonly running: RunningGateway;
  /** Behind `/notes`: takes whole requests, and answers `large` and `small` with as much. */
  readonly notes: RecordingUpstream;
  /** Behind `/wire`: answers a head with bytes of the test's choosing. */
  readonly wire: ScriptedUpstream;
}

/** Declares the promises of one limit: what is accepted at it, and what is refused beyond it. */
export type LimitPromises = (context: LimitsContext) => void;

const RESPOND: Respond = ({ url }, res) => {
  if (url.startsWith('/notes/large')) res.end(LARGE);
  else if (url === '/notes/small') res.end(SMALL);
  else res.end('ok');
};

const ANSWER_OK: Script = ({ socket }) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');

/** Starts a gateway with these limits, and what is behind it. */
export async function startLimits(
  way: Way,
  limits: Readonly<Record<string, number | string>>,
): Promise<LimitsContext> {
  const notes = await RecordingUpstream.start();
  const wire = await ScriptedUpstream.start();
  notes.respond = RESPOND;
  wire.script = ANSWER_OK;
  const variables = Object.entries(limits).map(([name, value]) => [name, String(value)]);
  const running = await startGateway(LimitsModule, {
    way,
    environment: { UPSTREAM_URL: notes.url, WIRE_URL: wire.url, ...Object.fromEntries(variables) },
  });
  return { way, running, notes, wire };
}

export async function stopLimits({ running, notes, wire }: LimitsContext): Promise<void> {
  await running.close();
  await notes.close();
  await wire.close();
}

export const getOf = (path: string, fields = ''): string =>
  `GET ${path} HTTP/1.1\r\nHost: gw\r\n${fields}\r\n`;

/** The head of a request whose body is to follow. */
export const postOf = (path: string, framing: string): string =>
  `POST ${path} HTTP/1.1\r\nHost: gw\r\nContent-Type: application/json\r\n${framing}\r\n\r\n`;

export function expectProblem(answer: RawAnswer, status: number, code: string): void {
  expect(answer.status).toBe(status);
  expect(answer.values('content-type')).toEqual(['application/problem+json']);
  expect(answer.json()).toMatchObject({ status, code });
}
