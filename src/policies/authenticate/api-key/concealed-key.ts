import type { ForwardCall } from '../../../contracts/forward-call.js';
import { applyEdits, foldHeaderName, type HeaderEdit } from '../../../contracts/header-edit.js';
import { queryValues } from '../../../contracts/query-parameters.js';
import { type ApiKeySource, placeOf } from './api-key.source.js';
import { cookieWithout } from './cookie-crumbs.js';

type Conceal = (call: ForwardCall) => ForwardCall;

/** Takes whatever stands in one of these places out of the call, also where it was not the key that counted. */
export function concealedKey(sources: readonly ApiKeySource[]): Conceal {
  const steps = sources.map(concealOf);
  const [only, ...more] = steps;
  if (only !== undefined && more.length === 0) return only;
  return (call) => steps.reduce((kept, conceal) => conceal(kept), call);
}

function concealOf(source: ApiKeySource): Conceal {
  const { place, name } = placeOf(source);
  switch (place) {
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
