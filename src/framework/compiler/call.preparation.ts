import type { Exchange } from '../../contracts/exchange.js';
import { ForwardCall } from '../../contracts/forward-call.js';
import { fillTemplate } from '../../contracts/path-template.js';

/**
 * Makes the function that puts the upstream request to be on an exchange: method, query and body as received,
 * the path with the controller's prefix replaced by `upstreamPath`.
 *
 * @param prefix the public prefix as registered, global prefix and version included
 */
export function prepareCall(prefix: string, upstreamPath: string | undefined): (exchange: Exchange) => void {
  if (upstreamPath === undefined) {
    return (exchange) => {
      exchange.call = new ForwardCall(
        exchange,
        exchange.method,
        exchange.path,
        exchange.query,
        exchange.body,
      );
    };
  }
  const depth = prefix.split('/').filter((segment) => segment !== '').length;
  const base = upstreamPath.replace(/\/+$/, '');
  const templated = base.includes('/:');
  return (exchange) => {
    const head = templated ? fillTemplate(base, namedParams(exchange)) : base;
    const path = head + restAfter(exchange.path, depth) || '/';
    exchange.call = new ForwardCall(exchange, exchange.method, path, exchange.query, exchange.body);
  };
}

/** What stands behind the first `depth` segments, with its slash; `''` when nothing does. */
function restAfter(path: string, depth: number): string {
  let at = 0;
  for (let i = 0; i < depth; i++) {
    at = path.indexOf('/', at + 1);
    if (at < 0) return '';
  }
  return depth === 0 && path === '/' ? '' : path.slice(at);
}

function namedParams(exchange: Exchange): Record<string, string> {
  const names = exchange.route?.paramNames ?? [];
  return Object.fromEntries(names.map((name, index) => [name, exchange.params[index] as string]));
}
