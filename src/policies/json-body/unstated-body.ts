import { EMPTY_BODY, type ResponseBody } from '../../contracts/upstream-response.js';

/** For answers that have no body by their nature, when the length it would have is not known. */
export const UNSTATED_BODY: ResponseBody = Object.freeze({
  length: undefined,
  whole: undefined,
  pipe: EMPTY_BODY.pipe.bind(EMPTY_BODY),
  discard() {},
});
