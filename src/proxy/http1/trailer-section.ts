import type { BodyTrailers } from '../../contracts/upstream-response.js';
import { isTrailerField } from '../trailer-fields.js';
import { type ResponseHead, SPAN_WIDTH } from './response-head.js';

/** What stands behind the chunks of one response, as far as it may pass. Made only where the client takes trailers. */
export class TrailerSection implements BodyTrailers {
  readonly announced: string | undefined;
  readonly fields: string[] = [];
  readonly #named: readonly string[] | undefined;

  constructor({ announced, named }: ResponseHead) {
    this.#named = named;
    this.announced = announced === undefined ? undefined : this.#passing(announced);
  }

  /** Takes a section whose grammar was checked: its text, and where in it each field stands. */
  take(text: string, spans: readonly number[], fieldCount: number): void {
    for (let span = 0; span < fieldCount * SPAN_WIDTH; span += SPAN_WIDTH) {
      const name = text.slice(spans[span] as number, spans[span + 1] as number);
      if (!this.#passes(name)) continue;
      const value = text.slice(spans[span + 2] as number, spans[span + 3] as number);
      this.fields.push(name, value.replace(TRAILING_BLANKS, ''));
    }
  }

  /** Of the names that a `Trailer` field lists, those that may follow. */
  #passing(list: string): string | undefined {
    const names = list.split(',').map((name) => name.trim());
    const passing = names.filter((name) => TOKEN.test(name) && this.#passes(name));
    return passing.length === 0 ? undefined : passing.join(', ');
  }

  #passes(name: string): boolean {
    // Fields that `Connection` names were meant for us alone, wherever they stand (RFC 9110, section 7.6.1).
    return isTrailerField(name) && this.#named?.includes(name.toLowerCase()) !== true;
  }
}

const TRAILING_BLANKS = /[ \t]+$/;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
