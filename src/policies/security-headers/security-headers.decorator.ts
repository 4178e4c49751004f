import { declareOff, declarePolicy, type PolicyDeclaration } from '../../contracts/policy.js';
import { SECURITY_HEADERS, type SecurityHeadersOptions } from './security-headers.options.js';

/**
 * Puts the fields on every answer of a route that make browsers careful, errors too: those of helmet with its values,
 * where nothing else is said. On an ordinary controller the decorator is enough.
 *
 * @example `@SecurityHeaders({ xFrameOptions: 'DENY', crossOriginResourcePolicy: false })`
 */
export function SecurityHeaders(options: SecurityHeadersOptions = {}): ClassDecorator & MethodDecorator {
  return declarePolicy(securityHeaders(options, '@SecurityHeaders'));
}

/** Leaves the fields off a route whose controller, or the gateway's default, has them. */
export function NoSecurityHeaders(reason: string): ClassDecorator & MethodDecorator {
  return declareOff(SECURITY_HEADERS, '@NoSecurityHeaders', reason);
}

/** The same for every proxy route: `GatewayModule.forRoot({ defaults: [securityHeaders()] })`. */
export function securityHeaders(
  options: SecurityHeadersOptions = {},
  writtenAs = 'securityHeaders(…)',
): PolicyDeclaration {
  return Object.freeze({ policy: SECURITY_HEADERS, options: Object.freeze({ ...options }), writtenAs });
}
