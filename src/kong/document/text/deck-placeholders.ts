import type { Environment } from '../../../contracts/environment.js';
import { convertedBy, readExpression } from './deck-expression.js';
import type { ScalarNode } from './document-node.js';
import { plainValue } from './plain-value.js';

const BEGIN = '${{';
const END = '}}';
// Signs of the private use area: YAML takes them for letters, in every kind of scalar.
const MARK = '\uE000';
const FILL = '\uE001';

/**
 * decK's `${{ env "DECK_X" }}` in a file.
 *
 * decK pastes the variable into the text before YAML is read, so a value can break the file or add fields to it. Here
 * each placeholder is taken out of the text first, by a stand-in of the same length so that lines and columns stay, and
 * its value is put in where YAML has found a scalar: it stays one value, whatever it holds.
 */
export class DeckPlaceholders {
  /** The text with stand-ins. */
  readonly text: string;
  readonly #expressions: string[] = [];

  constructor(
    text: string,
    private readonly environment: Environment,
  ) {
    this.text = text.includes(BEGIN) ? this.#takenOut(text) : text;
  }

  /** Whether a scalar holds any. */
  standIn(scalar: string): boolean {
    return this.#expressions.length > 0 && scalar.includes(MARK);
  }

  /** As the file has it, for keys and messages. */
  written(text: string): string {
    if (!this.standIn(text)) return text;
    return this.#replaced(text, (expression) => `${BEGIN}${expression}${END}`);
  }

  /** The scalar with its values. Unquoted, it is read as YAML would read the whole. */
  fill(
    scalar: string,
    plain: boolean,
    complain: (message: string) => void,
  ): Pick<ScalarNode, 'value' | 'text'> {
    const text = this.#replaced(scalar, (expression) => {
      const value = this.#valueOf(expression);
      if (value instanceof Error) complain(value.message);
      return value instanceof Error ? '' : value;
    });
    return { value: plain ? plainValue(text) : text, text };
  }

  #valueOf(expression: string): string | Error {
    const { variable, pipes } = readExpression(expression) ?? {};
    if (variable === undefined || pipes === undefined) {
      return new Error(
        // biome-ignore lint/suspicious/noTemplateCurlyInString: decK writes it so
        'a ${{ … }} is not understood; there is ${{ env "DECK_NAME" }}, with | toInt, toFloat, toBool, trim or indent behind it.',
      );
    }
    if (!variable.startsWith('DECK_')) {
      return new Error(`the variable ${variable} may not be read; names begin with DECK_, as decK has it.`);
    }
    const value = Object.hasOwn(this.environment, variable) ? this.environment[variable] : undefined;
    if (value === undefined) return new Error(`the environment variable ${variable} is not set; set it.`);
    const converted = convertedBy(pipes, value);
    return converted ?? new Error(`what ${variable} holds cannot be made a value by ${pipes.join(' | ')}.`);
  }

  #replaced(text: string, by: (expression: string) => string): string {
    return text.replaceAll(/\uE000(\d+)\uE001*/g, (_, index: string) =>
      by(this.#expressions[Number(index)] ?? ''),
    );
  }

  #takenOut(text: string): string {
    const parts: string[] = [];
    let at = 0;
    for (;;) {
      const begin = text.indexOf(BEGIN, at);
      const end = begin < 0 ? -1 : text.indexOf(END, begin);
      if (end < 0) break;
      const length = end + END.length - begin;
      const mark = `${MARK}${this.#expressions.length}`;
      parts.push(text.slice(at, begin), mark.padEnd(length, FILL));
      this.#expressions.push(text.slice(begin + BEGIN.length, end));
      at = end + END.length;
    }
    return parts.join('') + text.slice(at);
  }
}

/** Whether a text holds the signs that stand in for placeholders. */
export function holdsStandIns(text: string): boolean {
  return text.includes(MARK) || text.includes(FILL);
}
