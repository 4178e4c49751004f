import type { ConfigProblem } from '../contracts/config-problem.js';
import { editDistance } from '../contracts/edit-distance.js';
import type { Environment } from '../contracts/environment.js';
import { RESERVED_SETTINGS, SETTINGS } from './settings.table.js';

/** Prefixes under which hardly anybody else names variables. */
const OUR_PREFIXES = [
  'JWT_',
  'API_KEYS',
  'CONSUMERS_',
  'IDENTITY_',
  'ADMIN_',
  'DRAIN_',
  'PORTCULLIS_',
  'TRUSTED_',
  'TLS_',
  'HTTPS_',
  'HSTS_',
];

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
