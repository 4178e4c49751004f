import { Injectable } from '@nestjs/common';
import type { Consumer } from '../../../contracts/principal.js';
import { ConsumerList } from './consumer.list.js';

/** The registered clients as they are now. The list is replaced whole; whoever reads it twice may read two lists. */
@Injectable()
export class ConsumerDirectory {
  #current = ConsumerList.EMPTY;
  readonly #listeners: ((list: ConsumerList) => void)[] = [];

  get current(): ConsumerList {
    return this.#current;
  }

  /** From the next request on only this list counts. */
  replace(list: ConsumerList): void {
    this.#current = list;
    for (const listener of this.#listeners) listener(list);
  }

  /** For whoever remembers what was proved by a list: it must forget when there is another. */
  onReplaced(listener: (list: ConsumerList) => void): void {
    this.#listeners.push(listener);
  }

  byId(id: string): Consumer | undefined {
    return this.#current.byId(id);
  }
}
