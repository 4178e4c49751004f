import type { Exchange } from '../../contracts/exchange.js';
import type { Stage } from '../../contracts/policy.js';
import type { KongAuthentication, KongPluginName } from '../kong-plugins.js';
import {
  type AcceptedCredential,
  anonymous,
  type CredentialRefusal,
  isRefusal,
} from './accepted-credential.js';
import type { PluginPlace } from './kong-plugin.js';
import { KongRefusal } from './kong-refusal.js';

type Outcome = AcceptedCredential | CredentialRefusal;

/** How one plugin finds out who a request is from. */
export interface Authentication {
  authenticate(exchange: Exchange): Outcome | Promise<Outcome>;
  /** Takes its credential out of the call where another plugin accepted the request already. */
  readonly conceal?: ((exchange: Exchange) => void) | undefined;
  /** Refusals are JSON with `message` alone. Default false. */
  readonly messageOnly?: boolean;
  /** Whether it asks OPTIONS requests too. Default true. */
  readonly runOnPreflight?: boolean;
}

type AuthenticationPlace = {
  readonly [Name in KongAuthentication]: PluginPlace<Name>;
}[KongAuthentication];

/**
 * How Kong's authentication plugins stand together. Without `anonymous` each of them must accept the request, and the
 * last one says who it is from. With it a plugin has nothing to ask where a credential was accepted before it, and lets
 * everybody else in as the anonymous consumer.
 */
export function authenticationStage(place: AuthenticationPlace, authentication: Authentication): Stage {
  const { name, config } = place.instance;
  const { runOnPreflight = true, messageOnly = false, conceal } = authentication;
  const somebody = config.anonymous === undefined ? undefined : anonymousConsumer(place);

  const settle = (exchange: Exchange, outcome: Outcome): void => {
    if (!isRefusal(outcome)) return accept(exchange, outcome);
    if (somebody === undefined) throw refusal(name, outcome, messageOnly);
    accept(exchange, somebody);
  };
  return (exchange) => {
    if (!runOnPreflight && exchange.method === 'OPTIONS') return;
    if (somebody !== undefined && exchange.principal?.credential !== undefined) {
      conceal?.(exchange);
      return;
    }
    const outcome = authentication.authenticate(exchange);
    if (outcome instanceof Promise) return outcome.then((settled) => settle(exchange, settled));
    settle(exchange, outcome);
  };
}

/** What is wrong with the `anonymous` of a plugin. */
export function anonymousProblems({ instance, consumers }: AuthenticationPlace): readonly string[] {
  const { anonymous: id } = instance.config;
  if (id === undefined || consumers.byId(id) !== undefined) return [];
  return [`anonymous is ${JSON.stringify(id)}; must be a consumer of the file.`];
}

/** @throws Error where {@link anonymousProblems} has one */
function anonymousConsumer({ instance, consumers }: AuthenticationPlace): AcceptedCredential {
  const known = consumers.byId(instance.config.anonymous as string);
  // Without it the plugin would have to refuse or to let in; neither is what the file says.
  if (known === undefined) throw new Error(`The anonymous consumer of ${instance.name} does not exist.`);
  return anonymous(known);
}

function accept(exchange: Exchange, { principal, edits }: AcceptedCredential): void {
  exchange.principal = principal;
  exchange.call = exchange.call?.withEdits(edits);
}

function refusal(
  policy: KongPluginName,
  { reason, message, headers }: CredentialRefusal,
  messageOnly: boolean,
): KongRefusal {
  return new KongRefusal(
    'unauthenticated',
    { status: 401, message, headers, messageOnly },
    { policy, reason },
  );
}
