/**
 * An answer, or the lack of one, that decides nothing. Whom it speaks against matters: a client who can make its own
 * question fail must not be able to have the server called broken for everybody.
 */
export class UnusableAnswer extends Error {
  constructor(
    message: string,
    readonly speaksAgainst: 'server' | 'request',
  ) {
    super(message);
    this.name = 'UnusableAnswer';
  }

  /** Of a status that was not hoped for: what a server says of itself is 5xx, 408 and 429. */
  static ofStatus(status: number): UnusableAnswer {
    const broken = status >= 500 || status === 408 || status === 429;
    return new UnusableAnswer(`The server answered ${status}.`, broken ? 'server' : 'request');
  }
}

/** Whether an error says that the server is failing: also every one that is no answer at all. */
export function speaksAgainstServer(error: unknown): boolean {
  return !(error instanceof UnusableAnswer) || error.speaksAgainst === 'server';
}
