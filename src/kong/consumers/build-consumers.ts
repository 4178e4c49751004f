import { type Clock, systemClock } from '../../contracts/clock.js';
import type { ConfigProblem } from '../../contracts/config-problem.js';
import { atOnce, type Steps } from '../../contracts/steps.js';
import type { KongConsumer, KongPlace } from '../kong-configuration.js';
import type { KnownConsumer, KongConsumers } from '../kong-consumers.js';
import { placeText } from '../place-text.js';
import { isPasswordHash, passwordDigest } from './basic-password.js';
import { ConsumerRegistry } from './consumer.registry.js';
import { jwtCredentialKey } from './jwt-credential.key.js';

/** What the consumers of a file come to. */
export interface BuiltConsumers {
  readonly consumers: KongConsumers;
  /** What keeps the file from running. */
  readonly problems: readonly ConfigProblem[];
  /** What runs and should be better. */
  readonly warnings: readonly ConfigProblem[];
}

/** Indexes the consumers of a configuration and tries each of their keys, so that none fails when a request comes. */
export function buildConsumers(declared: readonly KongConsumer[], clock?: Clock): BuiltConsumers {
  return atOnce(buildingConsumers(declared, clock));
}

/** {@link buildConsumers} in steps. */
export function* buildingConsumers(
  declared: readonly KongConsumer[],
  clock: Clock = systemClock,
): Steps<BuiltConsumers> {
  const consumers = new ConsumerRegistry(declared, clock);
  const problems: ConfigProblem[] = [];
  const warnings: ConfigProblem[] = [];
  for (const consumer of declared) {
    for (const credential of consumer.jwtSecrets) {
      const { fault, weakness } = jwtCredentialKey(credential);
      const where = whereOf(credential.place);
      if (fault !== undefined) problems.push({ where, message: fault });
      if (weakness !== undefined) warnings.push({ where, message: weakness });
    }
    problems.push(...passwordProblems(consumer, consumers.byId(consumer.id) as KnownConsumer));
    yield;
  }
  return { consumers, problems, warnings };
}

function passwordProblems(consumer: KongConsumer, owner: KnownConsumer): ConfigProblem[] {
  return consumer.basicAuthCredentials.flatMap((credential) => {
    if (credential.hashed && !isPasswordHash(credential.password.reveal())) {
      const message = 'password is no hash; with _transform: false it must be a SHA-1 of 40 hex digits.';
      return [{ where: whereOf(credential.place), message }];
    }
    passwordDigest({ credential, owner });
    return [];
  });
}

const whereOf = (place: KongPlace): string => `${placeText(place)} ${place.path}`;
