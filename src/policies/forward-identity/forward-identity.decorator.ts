import { declareOff, declarePolicy, type PolicyDeclaration } from '../../contracts/policy.js';
import { FORWARD_IDENTITY, type ForwardIdentityOptions } from './forward-identity.options.js';

/**
 * Tells the upstream who is calling, in headers that no client can write.
 *
 * @example
 * ```ts
 * @ForwardIdentity({ claims: { 'X-Tenant-Id': 'tenant' }, token: { audience: 'orders' } })
 * ```
 */
export function ForwardIdentity(options: ForwardIdentityOptions = {}): ClassDecorator & MethodDecorator {
  return declarePolicy(declaration(options, '@ForwardIdentity'));
}

/** The upstream of this route is told nothing, where the gateway's default tells it. */
export function NoForwardIdentity(reason: string): ClassDecorator & MethodDecorator {
  return declareOff(FORWARD_IDENTITY, '@NoForwardIdentity', reason);
}

/** For all proxy routes that say nothing themselves: `GatewayModule.forRoot({ defaults: [forwardIdentity()] })`. */
export function forwardIdentity(options: ForwardIdentityOptions = {}): PolicyDeclaration {
  return declaration(options, 'forwardIdentity');
}

const declaration = (options: ForwardIdentityOptions, writtenAs: string): PolicyDeclaration =>
  Object.freeze({ policy: FORWARD_IDENTITY, options: Object.freeze({ ...options }), writtenAs });
