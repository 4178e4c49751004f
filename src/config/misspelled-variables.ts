import type { ConfigProblem } from '../contracts/config-problem.js';
import type { Environment } from './configuration-sources.js';
import { RESERVED_SETTINGS, SETTINGS } from './settings.table.js';

/** Prefixes under which hardly anybody else names variables. */
const OUR_PREFIXES = ['JWT_', 'ADMIN_', 'DRAIN_', 'PORTCULLIS_', 'TRUSTED_'];

// Kubernetes sets these for every Service of the namespace, one called `portcullis` or `admin` included.
const SERVICE_LINK = /_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT|PORT_\d+_(TCP|UDP|SCTP)(_\w+)?)$/;

/** Finds variables that look like one of ours and are not: a misspelled setting would silently keep its default. */
export function misspelledVariables(environment: Environment): ConfigProblem[] {
  const known = knownNames();
  const problems: ConfigProblem[] = [];
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined || known.has(name) || SERVICE_LINK.test(name)) continue;
    const prefix = OUR_PREFIXES.find((candidate) => name.startsWith(candidate));
    if (prefix === undefined) continue;
    const nearest = nearestName(name, prefix, known);
    if (nearest !== undefined) {
      problems.push({ where: name, message: `is no variable of the gateway; did you mean ${nearest}?` });
    }
  }
  return problems;
}

function knownNames(): ReadonlySet<string> {
  const names = new Set<string>(Object.keys(RESERVED_SETTINGS));
  for (const [name, setting] of Object.entries(SETTINGS)) {
    names.add(name);
    if (setting.secret) names.add(`${name}_FILE`);
  }
  return names;
}

/** The closest known name of the same prefix, when at most a third of what follows the prefix differs or is missing. */
function nearestName(name: string, prefix: string, known: ReadonlySet<string>): string | undefined {
  let best: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const candidate of known) {
    if (!candidate.startsWith(prefix)) continue;
    const rest = candidate.slice(prefix.length);
    const distance = editDistance(name.slice(prefix.length), rest);
    // A name without its last word, `DRAIN_DELAY` or `JWT_PUBLIC_KEY`, is the likeliest mistake of all.
    const shortened = candidate.startsWith(`${name}_`);
    const close = shortened || prefix === 'TRUSTED_' || distance <= Math.max(1, Math.floor(rest.length / 3));
    if (close && distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

/** Insertions, deletions, replacements and swapped neighbours (optimal string alignment). */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        least = Math.min(least, (beforeLast[j - 2] ?? 0) + 1);
      }
      row.push(least);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
