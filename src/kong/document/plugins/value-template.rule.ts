/** What may stand between `$(` and `)`: names to look up, and the one function that Portcullis adds. */
const PLACE =
  /^\s*(?:uuid|(?:headers|query_params|uri_captures)(?:\.[A-Za-z_][A-Za-z0-9_]*|\[\s*(?:"[^"\]]+"|'[^'\]]+')\s*\])|uri_captures\[\s*\d{1,3}\s*\])\s*$/;

/** What a value of a template asks for. */
export interface TemplateFindings {
  /** Places that would need Lua, as written. */
  readonly lua: readonly string[];
  readonly uuid: boolean;
}

/** Looks at every `$(…)` of a value. Parentheses inside of a place count, as in Kong's own reader. */
export function readTemplate(value: string): TemplateFindings {
  const lua: string[] = [];
  let uuid = false;
  for (let at = value.indexOf('$('); at >= 0; at = value.indexOf('$(', at)) {
    const end = closing(value, at + 2);
    const inside = value.slice(at + 2, end);
    if (inside.trim() === 'uuid') uuid = true;
    if (end === value.length || !PLACE.test(inside)) lua.push(value.slice(at, end + 1));
    at = end;
  }
  return { lua, uuid };
}

/** Where the parenthesis closes; the end of the text when it does not. */
function closing(value: string, from: number): number {
  let open = 1;
  for (let at = from; at < value.length; at++) {
    if (value[at] === '(') open++;
    else if (value[at] === ')' && --open === 0) return at;
  }
  return value.length;
}
