import {
  type BodyFlow,
  type BodySink,
  EMPTY_BODY,
  type ResponseBody,
} from '../../contracts/upstream-response.js';

/**
 * The body of a response that cannot have one: to HEAD, or with 204 or 304.
 *
 * `whole` is empty while `length` is what the upstream declared, so the one who writes the answer can still tell the
 * client the `Content-Length` a GET would have had (RFC 9110, section 8.6). It is `undefined` when nothing was declared.
 */
export class BodilessBody implements ResponseBody {
  readonly whole = EMPTY_BODY.whole;

  constructor(readonly length: number | undefined) {}

  pipe(sink: BodySink): BodyFlow {
    return EMPTY_BODY.pipe(sink);
  }

  discard(): void {}
}
