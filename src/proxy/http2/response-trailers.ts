import type { RawHeaders } from '../../contracts/raw-headers.js';
import type { BodyTrailers } from '../../contracts/upstream-response.js';
import { malformed } from '../http1/malformed.js';
import type { ResponseLimits } from '../http1/response-limits.js';
import { isTrailerField } from '../trailer-fields.js';
import { checkSize } from './response-head.js';

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** What stands behind the DATA frames of one response, as far as it may pass. Made only where the client takes trailers. */
export class ResponseTrailers implements BodyTrailers {
  readonly announced: string | undefined;
  readonly fields: string[] = [];

  constructor(announced: string | undefined) {
    const names = announced?.split(',').map((name) => name.trim()) ?? [];
    const passing = names.filter((name) => TOKEN.test(name) && isTrailerField(name));
    this.announced = passing.length === 0 ? undefined : passing.join(', ');
  }

  take(raw: RawHeaders): void {
    for (let i = 0; i < raw.length; i += 2) {
      const name = raw[i] as string;
      if (isTrailerField(name)) this.fields.push(name, raw[i + 1] as string);
    }
  }
}

/** Refuses a trailer section that cannot be one, passed on or not. @throws GatewayError `upstream-protocol` */
export function checkTrailers(raw: RawHeaders, limits: ResponseLimits): void {
  checkSize(raw, limits);
  for (let i = 0; i < raw.length; i += 2) {
    // A pseudo-header field among them would be a second message (RFC 9113, section 8.1).
    if (!TOKEN.test(raw[i] as string)) throw malformed('a trailer field name is not a token');
    if (!VALUE.test(raw[i + 1] as string)) throw malformed('a trailer field value holds a control character');
  }
}
