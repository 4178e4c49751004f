import { developmentToken } from 'portcullis/testing';

/** A development key that everybody can read here; the demo refuses to run in production. */
export const DEMO_SECRET = 'portcullis-demo-secret-for-development-only';

const DAY_SECONDS = 86_400;

export interface DemoFacts {
  readonly port: string;
  readonly adminPort: string;
  /** `undefined` when tokens are signed elsewhere. */
  readonly secret: string | undefined;
  readonly issuer: string | undefined;
  readonly audience: string | undefined;
  readonly usersUrl: string;
}

/** A WebSocket's handshake, as curl says it. */
const HANDSHAKE =
  '-H "Connection: Upgrade" -H "Upgrade: websocket" -H "Sec-WebSocket-Version: 13" -H "Sec-WebSocket-Key: cG9ydGN1bGxpcy1kZW1vIQ=="';

/** What the demo prints: lines to paste, each with the status it answers. */
export function demoInstructions(facts: DemoFacts): string {
  const gateway = `http://127.0.0.1:${facts.port}`;
  const admin = `http://127.0.0.1:${facts.adminPort}`;
  const status = (line: string, code: number): string => `${line}  # → ${code}`;
  const lines = ['', `Portcullis is listening on ${gateway} (admin on ${admin}). Paste these:`, ''];
  lines.push(status(`curl -i ${gateway}/health`, 200), status(`curl -i ${gateway}/api/users/1`, 401));
  if (facts.secret === undefined) {
    lines.push('', 'Tokens are signed elsewhere: add -H "Authorization: Bearer …" to see more.', '');
  } else {
    const token = developmentToken(facts.secret, {
      subject: 'demo',
      scopes: ['users:read'],
      lifetimeSeconds: DAY_SECONDS,
      issuer: facts.issuer,
      audience: facts.audience === 'any' ? undefined : facts.audience?.split(',')[0],
    });
    const bearer = `-H "Authorization: Bearer ${token}"`;
    lines.push(
      status(`curl -i ${bearer} ${gateway}/api/users/1`, 200),
      status(`curl -i ${bearer} ${gateway}/api/orders`, 200),
      status(`curl -i ${bearer} ${gateway}/api/profiles/1`, 200),
      status(`curl -i ${bearer} ${gateway}/api/legacy/status`, 200),
      status(`curl -i ${bearer} ${HANDSHAKE} ${gateway}/api/orders/feed`, 101),
    );
  }
  lines.push(
    status(`curl -i ${gateway}/nowhere`, 404),
    status(`curl -i ${admin}/routes`, 200),
    status(`curl -i ${admin}/metrics`, 200),
    '',
    'Watch the circuit breaker: make the user service fail, ask for users a few times, look, and heal it.',
    `  curl -X POST "${facts.usersUrl}/demo?fail=100"`,
    `  curl ${admin}/upstreams`,
    `  curl -X POST ${facts.usersUrl}/demo`,
    '',
    '',
  );
  return lines.join('\n');
}
