import type { EditSource } from '../../../contracts/edit-source.js';
import type { Exchange } from '../../../contracts/exchange.js';
import type { ForwardCall } from '../../../contracts/forward-call.js';
import { GatewayError } from '../../../contracts/gateway-error.js';
import type { HeaderEdit } from '../../../contracts/header-edit.js';
import { BYTE_FIELDS } from '../../json-body/byte-fields.js';
import { contentCoding } from '../../json-body/content-coding.js';
import { UnreadableBody } from '../../json-body/unreadable-body.js';
import { arrivedBody } from './arrived-body.js';
import { type BodyFormat, bodyFormat } from './body-format.js';

/** What is done to one body once it is there. */
export type BodyChange = (call: ForwardCall, bytes: Buffer, format: BodyFormat) => ForwardCall;

export interface BodyShaperOptions {
  readonly limitBytes: number;
  readonly unreadable: 'refuse' | 'pass';
  readonly policy: string;
  /** Which bodies it looks at at all. */
  readonly wants: (format: BodyFormat) => boolean;
}

/** A request without a body gets one only where its method says that there is one (RFC 9110, section 9.3). */
const METHODS_WITH_CONTENT = new Set(['POST', 'PUT', 'PATCH']);

const NO_BYTES = Buffer.alloc(0);

/** What described the client's bytes; the framing is the forwarder's. */
const FORGET_BYTES: readonly HeaderEdit[] = Object.freeze(
  [...BYTE_FIELDS].map((name): HeaderEdit => ({ kind: 'remove', name })),
);

/**
 * Takes the client's body into memory where its fields can be edited, and changes the call with it. The call it is given
 * back is the same where there is nothing to do; a promise only when the body must arrive first.
 */
export class BodyShaper {
  constructor(private readonly options: BodyShaperOptions) {}

  shape(exchange: Exchange, call: ForwardCall, change: BodyChange): ForwardCall | Promise<ForwardCall> {
    const { limitBytes, policy, wants } = this.options;
    const { body } = call;
    if (body === undefined && !METHODS_WITH_CONTENT.has(call.method)) return call;
    let format: BodyFormat | undefined;
    try {
      format = bodyFormat(call.clientHeaders);
      if (format === undefined || !wants(format)) return call;
      if (contentCoding(call.clientHeaders) !== undefined) throw new UnreadableBody('in a content coding');
    } catch (error) {
      return this.#unread(call, error);
    }
    if (body === undefined) return this.#changed(exchange, call, NO_BYTES, format, change);
    const bytes = arrivedBody(body, limitBytes, policy);
    if (bytes instanceof Promise) {
      return bytes.then((ready) => this.#arrived(exchange, call, ready, format, change));
    }
    return this.#arrived(exchange, call, bytes, format, change);
  }

  #arrived(
    exchange: Exchange,
    call: ForwardCall,
    bytes: Buffer,
    format: BodyFormat,
    change: BodyChange,
  ): ForwardCall {
    // Whatever becomes of it, the stream is read: from now on the bytes are the body.
    exchange.body = bytes;
    const whole = call.withBody(bytes);
    if (bytes.length === 0 && !METHODS_WITH_CONTENT.has(call.method)) return whole;
    return this.#changed(exchange, whole, bytes, format, change);
  }

  #changed(
    exchange: Exchange,
    call: ForwardCall,
    bytes: Buffer,
    format: BodyFormat,
    change: BodyChange,
  ): ForwardCall {
    try {
      const changed = change(call, bytes, format);
      exchange.body = changed.body;
      return changed;
    } catch (error) {
      return this.#unread(call, error);
    }
  }

  #unread(call: ForwardCall, error: unknown): ForwardCall {
    if (!(error instanceof UnreadableBody)) throw error;
    const { unreadable, policy } = this.options;
    if (unreadable === 'pass') return call;
    throw new GatewayError('bad-request', {
      policy,
      detail: `A body ${error.reason} cannot be changed here.`,
    });
  }
}

/** The change that edits a body's fields. */
export function editedBody(edits: ReturnType<EditSource>): BodyChange {
  return (call, bytes, format) => {
    const edited = format.edit(bytes, edits);
    return edited === undefined ? call : call.withEdits(FORGET_BYTES).withBody(edited);
  };
}
