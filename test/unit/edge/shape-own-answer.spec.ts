import { describe, expect, it } from 'vitest';
import type { ResponseStage } from '../../../src/contracts/policy.js';
import { UpstreamResponse } from '../../../src/contracts/upstream-response.js';
import { shapeOwnAnswer } from '../../../src/edge/shape-own-answer.js';
import { requestOf } from '../kong/plan/planned.fixture.js';

/** What became of an answer with the status 400. */
async function sentBy(shape: ResponseStage | undefined) {
  const exchange = requestOf('/a');
  exchange.shapeOwnAnswer = shape;
  const sent: number[] = [];
  const failed: unknown[] = [];
  shapeOwnAnswer(
    exchange,
    UpstreamResponse.json({}, 400),
    (_exchange, answer) => sent.push(answer.status),
    (_exchange, error) => failed.push(error),
  );
  await Promise.resolve().then(() => {});
  await Promise.resolve();
  return { sent, failed, exchange };
}

describe('an answer of the gateway’s own', () => {
  it('goes out as it is where nothing shapes it', async () => {
    expect(await sentBy(undefined)).toMatchObject({ sent: [400], failed: [] });
  });

  it('is shaped first, at once or later', async () => {
    expect(await sentBy((_exchange, answer) => answer.withStatus(401))).toMatchObject({ sent: [401] });
    expect(await sentBy(async (_exchange, answer) => answer.withStatus(402))).toMatchObject({ sent: [402] });
  });

  it('is shaped once: what fails there is answered as it is', async () => {
    const error = new Error('shape');
    const { sent, failed, exchange } = await sentBy(() => {
      throw error;
    });

    expect([sent, failed]).toEqual([[], [error]]);
    expect(exchange.shapeOwnAnswer).toBeUndefined();
    expect((await sentBy(() => Promise.reject(error))).failed).toEqual([error]);
  });
});
