import { collectBody } from '../../contracts/collect-body.js';
import { currentExchange } from '../../contracts/current-exchange.js';
import type { Exchange } from '../../contracts/exchange.js';
import type { ForwardCall } from '../../contracts/forward-call.js';
import { GatewayError } from '../../contracts/gateway-error.js';
import { parseJson } from '../../contracts/json-names.js';
import type { ParamValue } from '../../contracts/path-template.js';
import { EMPTY_BODY, type UpstreamResponse } from '../../contracts/upstream-response.js';
import { type JoinedCallOptions, joinedCall, type TemplateOptionsArgument } from './joined-call.js';
import type { UpstreamRuntime } from './upstream.runtime.js';
import { UpstreamStatusError } from './upstream-status.error.js';

const BODY_LIMIT_BYTES = 1_048_576;
/** How much of a refusal is read to be handed to the handler. */
const ERROR_BODY_LIMIT_BYTES = 65_536;

/**
 * What teams inject to talk to one upstream: `forward` passes the client's request on, the other verbs fetch JSON for
 * handlers that join several upstreams. All go through the upstream's deadline, retries, breaker and balancing.
 *
 * A verb's path is a template of the upstream's own paths and its parameters are required by type and encoded:
 *
 * ```ts
 * const user: User = await this.users.get('/users/:id', { params: { id } });
 * ```
 *
 * Give the variable its type, as here, and leave the type argument out: TypeScript infers all type arguments or none.
 * After `get<User>(…)`, as `Promise.all` needs it, the parameters are checked when the call is made and not by type.
 *
 * The exchange that is running lends correlation id, trace, client address, deadline and cancellation. Of the client's
 * headers only `Accept-Language` and the trace go along: **not `Authorization`, no cookie**, unless `headers` says so.
 * Answers other than 2xx throw {@link UpstreamStatusError}, redirects included: none is followed.
 *
 * @throws TypeError outside every exchange, and on a missing or malformed parameter or header
 * @throws GatewayError `upstream-body` when the answer is not JSON or over `bodyLimitBytes`
 */
export class UpstreamClient {
  constructor(private readonly runtime: UpstreamRuntime) {}

  /** The upstream's declared name. */
  get name(): string {
    return this.runtime.name;
  }

  /** Sends the call and answers with what the upstream answered, its body streaming. */
  forward(call: ForwardCall): Promise<UpstreamResponse> {
    return this.runtime.execute(call);
  }

  get<T = unknown, const P extends string = string>(
    path: P,
    ...[options]: TemplateOptionsArgument<P>
  ): Promise<T> {
    return this.#json<T>('GET', path, options);
  }

  delete<T = unknown, const P extends string = string>(
    path: P,
    ...[options]: TemplateOptionsArgument<P>
  ): Promise<T> {
    return this.#json<T>('DELETE', path, options);
  }

  post<T = unknown, const P extends string = string>(
    path: P,
    body: unknown,
    ...[options]: TemplateOptionsArgument<P>
  ): Promise<T> {
    return this.#json<T>('POST', path, options, body);
  }

  put<T = unknown, const P extends string = string>(
    path: P,
    body: unknown,
    ...[options]: TemplateOptionsArgument<P>
  ): Promise<T> {
    return this.#json<T>('PUT', path, options, body);
  }

  patch<T = unknown, const P extends string = string>(
    path: P,
    body: unknown,
    ...[options]: TemplateOptionsArgument<P>
  ): Promise<T> {
    return this.#json<T>('PATCH', path, options, body);
  }

  /** Status and headers; a HEAD has no body to parse. */
  async head<const P extends string = string>(
    path: P,
    ...[options]: TemplateOptionsArgument<P>
  ): Promise<UpstreamResponse> {
    const response = await this.#send(this.#exchangeOf('HEAD', path, options), 'HEAD', path, options);
    response.body.discard();
    return response.withBody(EMPTY_BODY);
  }

  /** `undefined` for an answer without a body, such as a 204. */
  async #json<T>(method: string, path: string, options: Options | undefined, body?: unknown): Promise<T> {
    const exchange = this.#exchangeOf(method, path, options);
    const response = await this.#send(exchange, method, path, options, body);
    const bytes = await this.#bytes(response, options?.bodyLimitBytes ?? BODY_LIMIT_BYTES, exchange);
    if (bytes.length === 0) return undefined as T;
    try {
      return parseJson(bytes.toString('utf8')) as T;
    } catch (cause) {
      // The parser's message quotes the body: it stays in the cause.
      throw new GatewayError('upstream-body', {
        upstream: this.name,
        detail: `${this.name} answered with a body that is not JSON.`,
        cause,
      });
    }
  }

  async #send(
    exchange: Exchange,
    method: string,
    path: string,
    options: Options = {},
    body?: unknown,
  ): Promise<UpstreamResponse> {
    const response = await this.runtime.execute(joinedCall(exchange, method, path, options, body));
    if (response.status >= 200 && response.status < 300) return response;
    throw new UpstreamStatusError(this.name, response.status, await this.#refusal(response, exchange));
  }

  #exchangeOf(method: string, path: string, options: Options | undefined): Exchange {
    const exchange = options?.call?.exchange ?? currentExchange();
    if (exchange !== undefined) return exchange;
    throw new TypeError(
      `${this.name}: ${method} ${path} was called outside a request; pass { call } or call it from a handler.`,
    );
  }

  #bytes({ body }: UpstreamResponse, limitBytes: number, { cancellation }: Exchange): Promise<Buffer> {
    const detail = `${this.name} answered with more than ${limitBytes} bytes.`;
    const overLimit = (): GatewayError => new GatewayError('upstream-body', { upstream: this.name, detail });
    return collectBody(body, limitBytes, overLimit, cancellation);
  }

  /** The body of an answer that is not a 2xx, if it is small JSON and comes whole. The status matters more than it. */
  async #refusal(response: UpstreamResponse, exchange: Exchange): Promise<unknown> {
    try {
      const bytes = await this.#bytes(response, ERROR_BODY_LIMIT_BYTES, exchange);
      return parseJson(bytes.toString('utf8'));
    } catch {
      return undefined;
    }
  }
}

type Options = JoinedCallOptions & { readonly params?: Readonly<Record<string, ParamValue>> };
