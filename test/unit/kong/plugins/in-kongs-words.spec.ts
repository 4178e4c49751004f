import { describe, expect, it } from 'vitest';
import { EarlyAnswer } from '../../../../src/contracts/early-answer.js';
import { GatewayError } from '../../../../src/contracts/gateway-error.js';
import { EMPTY_BODY, UpstreamResponse } from '../../../../src/contracts/upstream-response.js';
import { inKongsWords } from '../../../../src/kong/plugins/in-kongs-words.js';
import { KongRefusal } from '../../../../src/kong/plugins/kong-refusal.js';
import { sentExchange } from '../../../support/kong-plugin.place.js';

const WORDS = { status: 418, message: 'no' };

const throwing = {
  'at once': (error: unknown) => () => {
    throw error;
  },
  later: (error: unknown) => () => Promise.reject(error as Error),
};

async function thrownBy(way: keyof typeof throwing, error: unknown, words: typeof WORDS | undefined = WORDS) {
  const stage = inKongsWords(throwing[way](error), () => words);
  try {
    await stage(sentExchange());
    return undefined;
  } catch (thrown) {
    return thrown;
  }
}

describe.each(Object.keys(throwing) as (keyof typeof throwing)[])("a policy's refusal, thrown %s", (way) => {
  it("is said in Kong's words and logged in the gateway's own", async () => {
    const cause = new Error('why');
    const refusal = new GatewayError('rate-limited', {
      policy: 'rate-limit',
      reason: 'spent',
      detail: 'Later.',
      upstream: 'shop',
      headers: ['Retry-After', '1'],
      cause,
    });

    const thrown = await thrownBy(way, refusal);

    expect(thrown).toBeInstanceOf(KongRefusal);
    expect(thrown).toMatchObject({
      code: 'rate-limited',
      answer: WORDS,
      policy: 'rate-limit',
      reason: 'spent',
      detail: 'Later.',
      upstream: 'shop',
      headers: ['Retry-After', '1'],
      cause,
    });
  });

  it.each([
    [
      "what Kong's words were found for already",
      new KongRefusal('forbidden', { status: 403, message: 'mine' }),
    ],
    ['an early answer', new EarlyAnswer(new UpstreamResponse(200, [], EMPTY_BODY))],
    ['a failure', new TypeError('x is not a function')],
  ])('stays what it is: %s', async (_, error) => {
    expect(await thrownBy(way, error)).toBe(error);
  });

  it('stays what it is where Kong has no words', async () => {
    const error = new GatewayError('internal');
    const stage = inKongsWords(throwing[way](error), () => undefined);

    await expect((async () => stage(sentExchange()))()).rejects.toBe(error);
  });
});

describe('a stage that passes', () => {
  it('makes nobody wait who need not', async () => {
    const waiting = Promise.resolve();

    expect(
      inKongsWords(
        () => undefined,
        () => WORDS,
      )(sentExchange()),
    ).toBeUndefined();
    await expect(
      inKongsWords(
        () => waiting,
        () => WORDS,
      )(sentExchange()),
    ).resolves.toBeUndefined();
  });
});
