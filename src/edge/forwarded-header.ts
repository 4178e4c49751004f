/** One element of a `Forwarded` field: what one proxy said of the request it received. Values are without quotes. */
export interface ForwardedElement {
  readonly for: string | undefined;
  readonly proto: string | undefined;
  readonly host: string | undefined;
}

/**
 * Reads the elements of a `Forwarded` field (RFC 7239, section 4) from right to left, strictly.
 *
 * ```
 * Forwarded = element *( OWS "," OWS element )
 * element   = [ pair ] *( ";" [ pair ] )
 * pair      = token "=" ( token / quoted-string )
 * ```
 *
 * A proxy appends its element to what the client sent. Reading backwards, nothing in the client's part, an open quote
 * for one, can change how the proxy's part is read.
 */
export class ForwardedElements {
  readonly #text: string;
  /** Where the part ends that was not read yet; -1 when all was. */
  #end: number;

  constructor(field: string) {
    this.#text = field;
    this.#end = field.length;
  }

  /** Nothing is left to read. */
  get done(): boolean {
    return this.#end < 0;
  }

  /** The next element to the left; `undefined` when there is none, or when what stands there is no element. */
  previous(): ForwardedElement | undefined {
    if (this.#end < 0) return undefined;
    this.#skipBlanks();
    const element: { for?: string; proto?: string; host?: string } = {};
    const names = new Set<string>();
    for (;;) {
      const before = this.#before();
      if (before !== ';' && before !== ',' && before !== '' && !BLANK.test(before)) {
        const value = this.#value();
        if (value === undefined || this.#before() !== '=') return this.#refuse();
        this.#end--;
        const name = this.#token()?.toLowerCase();
        // Section 4: a parameter occurs at most once in an element.
        if (name === undefined || names.has(name)) return this.#refuse();
        names.add(name);
        if (name === 'for' || name === 'proto' || name === 'host') element[name] = value;
      }
      if (this.#before() !== ';') break;
      this.#end--;
    }
    this.#skipBlanks();
    const separator = this.#before();
    if ((separator !== ',' && separator !== '') || names.size === 0) return this.#refuse();
    this.#end--;
    return { for: element.for, proto: element.proto, host: element.host };
  }

  /** Behind something that is no element nothing can be told apart any more. */
  #refuse(): undefined {
    this.#end = -1;
    return undefined;
  }

  /** The character before the end; `''` at the start of the field. */
  #before(): string {
    return this.#text.charAt(this.#end - 1);
  }

  #skipBlanks(): void {
    while (this.#end > 0 && BLANK.test(this.#before())) this.#end--;
  }

  #value(): string | undefined {
    return this.#before() === '"' ? this.#quotedString() : this.#token();
  }

  #token(): string | undefined {
    const end = this.#end;
    while (this.#end > 0 && TOKEN.test(this.#before())) this.#end--;
    return this.#end < end ? this.#text.slice(this.#end, end) : undefined;
  }

  /** RFC 9110, section 5.6.4. A quote is the string's end, or its start, unless an odd row of backslashes escapes it. */
  #quotedString(): string | undefined {
    const close = this.#end - 1;
    if (this.#isEscaped(close)) return undefined;
    let open = close;
    do {
      open = open === 0 ? -1 : this.#text.lastIndexOf('"', open - 1);
      if (open < 0) return undefined;
    } while (this.#isEscaped(open));
    const content = this.#text.slice(open + 1, close);
    if (!QUOTED_CONTENT.test(content)) return undefined;
    this.#end = open;
    return content.includes('\\') ? content.replace(/\\(.)/gs, '$1') : content;
  }

  #isEscaped(at: number): boolean {
    let slashes = 0;
    while (this.#text.charAt(at - 1 - slashes) === '\\') slashes++;
    return slashes % 2 === 1;
  }
}

const BLANK = /^[ \t]$/;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]$/;
const QUOTED_CONTENT = /^(?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t \x21-\x7e\x80-\xff])*$/;
