/**
 * A body that cannot be read, with the reason as the end of a sentence: `that is not JSON`.
 *
 * It keeps no cause: the messages of JSON.parse quote the text, and that text may be the very field to hide.
 */
export class UnreadableBody extends Error {
  constructor(
    readonly reason: string,
    /** It was not read because it is too long. */
    readonly overLimit = false,
  ) {
    super(`a body ${reason}`);
    this.name = 'UnreadableBody';
  }
}

export const bodyOverLimit = (): UnreadableBody => new UnreadableBody('over the limit', true);
