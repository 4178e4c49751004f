import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type RunningGateway, startGateway, WAYS } from '../../support/gateway.harness.js';
import { HTTP2_CASES } from '../../support/http2.cases.js';
import { http2Trip } from '../../support/http2.trip.js';
import type { Http2Case } from '../../support/http2-case.js';
import { PlainModule } from '../../support/plain.gateway.js';
import { answerOk, PlainUpstream } from '../../support/plain.upstream.js';

/** Cases of the table whose requests a careless gateway turns into something else on HTTP/1.1. */
const named = (pattern: RegExp): readonly Http2Case[] => HTTP2_CASES.filter(({ name }) => pattern.test(name));

const LENGTHS = named(
  /^(?:the length|a length|two lengths|transfer-encoding|a body (?:longer|shorter|in pieces))/,
);
const LINES = named(/\b(?:CR|LF|NUL|colon|blank|line end|tab|request in a value)\b/);
const EMPTY = named(/^an empty name$/);

describe.each(WAYS)('downgraded from HTTP/2, %s', (way) => {
  let upstream: PlainUpstream;
  let running: RunningGateway;

  beforeAll(async () => {
    upstream = await PlainUpstream.start();
    running = await startGateway(PlainModule, {
      way,
      environment: { UPSTREAM_URL: upstream.url, LOG_LEVEL: 'silent' },
    });
  });

  beforeEach(() => {
    upstream.forget();
    upstream.answer = answerOk;
  });

  afterAll(async () => {
    await running.close();
    await upstream.close();
  });

  const trip = async (one: Http2Case): Promise<void> => {
    const { unlike } = await http2Trip(running.port, one);

    expect(unlike).toEqual([]);
  };

  it('[13, 14, 15] has cases for each kind', () => {
    expect([LENGTHS.length, LINES.length, EMPTY.length].map((count) => count > 0)).toEqual([
      true,
      true,
      true,
    ]);
  });

  it.each(LENGTHS.map((one) => [one.name, one] as const))('[13] %s', (_, one) => trip(one));
  it.each(LINES.map((one) => [one.name, one] as const))('[14] %s', (_, one) => trip(one));
  it.each(EMPTY.map((one) => [one.name, one] as const))('[15] %s', (_, one) => trip(one));
});
