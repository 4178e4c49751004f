import type { ForwardCall } from '../../../contracts/forward-call.js';
import type { AuthenticationMethod } from '../authentication-method.js';

/** Takes out the credentials of all methods: also of those that were not the one to accept. */
export function concealAll(
  methods: readonly AuthenticationMethod[],
): ((call: ForwardCall) => ForwardCall) | undefined {
  const steps = methods.flatMap(({ conceal }) => conceal ?? []);
  if (steps.length === 0) return undefined;
  return (call) => steps.reduce((kept, conceal) => conceal(kept), call);
}
