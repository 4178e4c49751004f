/** What stands between `${{` and `}}`, taken apart. */
export interface DeckExpression {
  readonly variable: string;
  readonly pipes: readonly string[];
}

const SHAPE = /^-?\s*env\s+(?:"([^"]*)"|`([^`]*)`)((?:\s*\|\s*[A-Za-z]+(?:\s+\d+)?)*)\s*-?$/;

/** The expression of a placeholder; `undefined` when it is none that decK and the gateway share. */
export function readExpression(text: string): DeckExpression | undefined {
  if (text.length > 500) return undefined;
  const [, quoted, raw, piped = ''] = SHAPE.exec(text.trim()) ?? [];
  const variable = quoted ?? raw;
  if (variable === undefined) return undefined;
  const pipes = piped.split('|').map((pipe) => pipe.trim().replace(/\s+/g, ' '));
  pipes.shift();
  return pipes.every((pipe) => conversionOf(pipe) !== undefined) ? { variable, pipes } : undefined;
}

/** What the pipes make of a value, as text; `undefined` when one cannot. */
export function convertedBy(pipes: readonly string[], value: string): string | undefined {
  let converted: string | undefined = value;
  for (const pipe of pipes) {
    if (converted === undefined) return undefined;
    converted = conversionOf(pipe)?.(converted);
  }
  return converted;
}

// Go's strconv.ParseBool.
const TRUE = ['1', 't', 'T', 'TRUE', 'true', 'True'];
const FALSE = ['0', 'f', 'F', 'FALSE', 'false', 'False'];

const CONVERSIONS: Readonly<Record<string, (value: string) => string | undefined>> = {
  toInt: (value) => (/^[+-]?\d{1,15}$/.test(value) ? String(Number(value)) : undefined),
  toFloat: (value) =>
    /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/.test(value) ? String(Number(value)) : undefined,
  toBool: (value) => (TRUE.includes(value) ? 'true' : FALSE.includes(value) ? 'false' : undefined),
  trim: (value) => value.trim(),
};

function conversionOf(pipe: string): ((value: string) => string | undefined) | undefined {
  // A value is never pasted into the text, so there is nothing to indent.
  if (/^indent \d+$/.test(pipe)) return (value) => value;
  return Object.hasOwn(CONVERSIONS, pipe) ? CONVERSIONS[pipe] : undefined;
}
