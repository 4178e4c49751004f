import type { ForwardCall } from '../../../contracts/forward-call.js';
import { applyEdits, foldHeaderName, type HeaderEdit } from '../../../contracts/header-edit.js';
import { queryValues } from '../../../contracts/query-parameters.js';
import { cookieWithout } from './cookie-crumbs.js';
import { type CredentialPlace, placeOf } from './credential-place.js';

export type Conceal = (call: ForwardCall) => ForwardCall;

/**
 * Takes whatever stands in one of these places out of the call, also where it was not the credential that counted.
 * `undefined` without a place.
 */
export function concealedCredential(places: readonly CredentialPlace[]): Conceal | undefined {
  return oneAfterAnother(places.map(concealOf));
}

/** All of them as one; `undefined` when there is none. */
export function oneAfterAnother(steps: readonly Conceal[]): Conceal | undefined {
  const [only, ...more] = steps;
  if (more.length === 0) return only;
  return (call) => steps.reduce((kept, conceal) => conceal(kept), call);
}

function concealOf(place: CredentialPlace): Conceal {
  const { kind, name } = placeOf(place);
  switch (kind) {
    case 'header': {
      const edits: readonly HeaderEdit[] = [{ kind: 'remove', name: name.toLowerCase() }];
      return (call) => call.withEdits(edits);
    }
    case 'query': {
      const edits: readonly HeaderEdit[] = [{ kind: 'remove', name }];
      // A query without the parameter goes on byte for byte.
      return (call) => (queryValues(call.query, name).length === 0 ? call : call.withQueryEdits(edits));
    }
    case 'cookie':
      return (call) => withoutCookie(call, name);
  }
}

function withoutCookie(call: ForwardCall, name: string): ForwardCall {
  // Another method may have taken its own cookie out already.
  const headers = applyEdits(call.clientHeaders, call.headerEdits, foldHeaderName);
  const value = cookieWithout(headers, name);
  if (value === undefined) return call;
  return value === ''
    ? call.withEdits([{ kind: 'remove', name: 'cookie' }])
    : call.withEdits([{ kind: 'set', name: 'cookie', value }]);
}
