import type { Exchange } from '../../contracts/exchange.js';
import type { Dress } from '../../contracts/policy.js';
import { headerValue, withoutHeader } from '../../contracts/raw-headers.js';
import { type SecurityHeadersOptions, securityFields, strictTransport } from './security-headers.options.js';

const STRICT_TRANSPORT = 'Strict-Transport-Security';

/** Puts the declared fields on an answer: beside the upstream's own where it has one, or in its place where told so. */
export function securityHeadersDress(options: SecurityHeadersOptions): Dress {
  const fields = securityFields(options);
  const strict = strictTransport(options);
  const overTls = strict === false ? fields : [...fields, STRICT_TRANSPORT, strict];
  const { hidePoweredBy = true, replace = false } = options;
  const names = lowerNames(overTls);
  return (exchange, headers) => {
    const sent = strict !== false && isSecure(exchange) ? overTls : fields;
    let list: readonly string[] = headers;
    if (hidePoweredBy && headerValue(list, 'x-powered-by') !== undefined)
      list = withoutHeader(list, 'x-powered-by');
    const dressed = [...list];
    for (let i = 0; i < sent.length; i += 2) {
      const lower = names[i / 2] as string;
      if (headerValue(list, lower) !== undefined) {
        if (!replace) continue;
        removeField(dressed, lower);
      }
      dressed.push(sent[i] as string, sent[i + 1] as string);
    }
    return dressed;
  };
}

/** RFC 6797, section 7.2: the field is sent on secure transport only. */
function isSecure({ req, forwarded }: Exchange): boolean {
  return req.socket.encrypted === true || forwarded?.proto === 'https';
}

function lowerNames(fields: readonly string[]): readonly string[] {
  return fields.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
}

function removeField(headers: string[], lower: string): void {
  for (let i = headers.length - 2; i >= 0; i -= 2) {
    if ((headers[i] as string).toLowerCase() === lower) headers.splice(i, 2);
  }
}
