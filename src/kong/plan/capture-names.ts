/**
 * The parameter names of a route, in the order of their values: a regex's groups by their numbers, under their names where
 * they have one. Where the regexes of one route name a group differently it goes by its number, and the names follow.
 */
export function captureNames(paths: readonly string[]): readonly string[] {
  const all = paths.filter((path) => path.startsWith('~')).map(groupsOf);
  const count = Math.max(0, ...all.map(({ length }) => length));
  const names: string[] = [];
  for (let i = 0; i < count; i++) {
    const found = new Set(all.flatMap((groups) => (i < groups.length ? [groups[i]] : [])));
    const [only] = found;
    names.push(found.size === 1 && only !== undefined ? only : String(i + 1));
  }
  const others = all.flat().filter((name) => name !== undefined && !names.includes(name)) as string[];
  return [...new Set([...names, ...others])];
}

const NAMED = /^\(\?P?<([A-Za-z_]\w*)>/;

/** The capturing groups of a regex in the order they open; `undefined` for one without a name. */
function groupsOf(regex: string): readonly (string | undefined)[] {
  const groups: (string | undefined)[] = [];
  let inClass = false;
  for (let i = 0; i < regex.length; i++) {
    const sign = regex[i];
    if (sign === '\\') i++;
    else if (inClass) inClass = sign !== ']';
    else if (sign === '[') inClass = true;
    else if (sign === '(') {
      const name = NAMED.exec(regex.slice(i))?.[1];
      if (name !== undefined || regex[i + 1] !== '?') groups.push(name);
    }
  }
  return groups;
}

/** The values of parameters, by name or number; one whose group took no part is empty. */
export function captureValues(
  names: readonly string[],
  captures: Readonly<Record<string, string>> | undefined,
): readonly string[] {
  return names.map((name, i) => captures?.[name] ?? captures?.[String(i + 1)] ?? '');
}
