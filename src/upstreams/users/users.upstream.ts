import { defineUpstream, env } from 'portcullis';

/** The service that owns user accounts. */
export const USERS = defineUpstream('user-service', {
  targets: env('USERS_URL', 'http://user-service:3001'),
  timeout: { connectMs: 1_000, headersMs: 5_000, idleMs: 60_000 },
  breaker: { errorPercent: 50, volume: 20, windowMs: 10_000, resetMs: 10_000 },
});
