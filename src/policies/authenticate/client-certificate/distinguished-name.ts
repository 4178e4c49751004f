/**
 * The values of one attribute in a distinguished name as node:crypto writes it: an attribute a line, several in one
 * relative name joined by ` + `, everything special in a value escaped (RFC 4514, section 2.4).
 */
export function attributeValues(name: string, attribute: string): readonly string[] {
  const prefix = `${attribute}=`;
  return name
    .split('\n')
    .flatMap((line) => line.split(' + '))
    .filter((part) => part.startsWith(prefix))
    .map((part) => unescaped(part.slice(prefix.length)));
}

/** A plus or a line break inside a value is escaped, so what is split at above is structure and not text. */
function unescaped(value: string): string {
  return value.replace(/\\([0-9A-Fa-f]{2}|.)/gs, (_, code: string) =>
    code.length === 2 ? String.fromCharCode(Number.parseInt(code, 16)) : code,
  );
}
