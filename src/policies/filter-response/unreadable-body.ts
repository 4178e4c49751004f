/**
 * A body that cannot be filtered, with the reason as the end of a sentence: `that is not JSON`.
 *
 * It keeps no cause: the messages of JSON.parse quote the text, and that text may be the very field to hide.
 */
export class UnreadableBody extends Error {
  constructor(readonly reason: string) {
    super(`a body ${reason}`);
    this.name = 'UnreadableBody';
  }
}
