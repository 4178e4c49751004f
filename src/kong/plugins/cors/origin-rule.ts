import { LinearRegex } from '../../routing/linear-regex.js';

/** What Kong says to an origin. */
export interface OriginVerdict {
  /** The value of `Access-Control-Allow-Origin`; `undefined` takes the field away. */
  readonly allowed: string | undefined;
  /** Whether it is allowed because all are. */
  readonly everybody: boolean;
}

/** How the origins of a configuration are judged. */
export interface OriginRule {
  /** Whether answers differ with the origin. */
  readonly varies: boolean;
  judge(origin: string | undefined): OriginVerdict;
}

const EVERYBODY: OriginRule = {
  varies: false,
  judge: () => ({ allowed: '*', everybody: true }),
};

const NOBODY: OriginVerdict = { allowed: undefined, everybody: false };

/** What has any other character is a regex to Kong. */
const PLAIN = /^[A-Za-z0-9.:/-]+$/;

/** No browser sends more: a name has up to 253 characters. What is longer is not worth a regex's time. */
const ORIGIN_CHARACTERS = 512;

/**
 * Kong's rules for a list of origins.
 *
 * - No list, an empty one, or `*` alone: everybody.
 * - A single plain origin: it stands on every answer, whoever asks; the browser compares.
 * - Else the origin that was sent is looked for. A `*` among others lets in everybody who sends one.
 *
 * Regexes take the whole origin, or the whole host where they hold no colon. Kong's own end where their last alternative
 * does, so that `https://a\.example|https://b\.example` also takes `https://a.example.evil`; here it does not.
 *
 * Only for lists in which {@link originProblems} found nothing.
 */
export function originRule(origins: readonly string[] | undefined): OriginRule {
  const [first, ...others] = origins ?? [];
  if (origins === undefined || first === undefined || (first === '*' && others.length === 0))
    return EVERYBODY;
  if (others.length === 0 && PLAIN.test(first)) {
    const verdict = { allowed: first, everybody: false };
    return { varies: true, judge: () => verdict };
  }
  if (origins.includes('*')) {
    return { varies: true, judge: (origin) => (origin === undefined ? NOBODY : EVERYBODY.judge(origin)) };
  }
  const entries = origins.map(entryMatch);
  return {
    varies: true,
    judge: (origin) => {
      if (origin === undefined || origin.length > ORIGIN_CHARACTERS) return NOBODY;
      const sent = normalized(origin);
      return entries.some((matches) => matches(sent)) ? { allowed: sent.origin, everybody: false } : NOBODY;
    },
  };
}

/** What is wrong with the regexes among these origins. */
export function originProblems(origins: readonly string[]): readonly string[] {
  return origins.flatMap((entry) => {
    if (entry === '*' || PLAIN.test(entry)) return [];
    const match = LinearRegex.compile(unanchored(entry), 'the whole text');
    return typeof match === 'string' ? [`origins: ${JSON.stringify(entry)} ${match}.`] : [];
  });
}

/** An origin as Kong compares it. */
interface Normalized {
  readonly origin: string;
  readonly host: string;
}

function entryMatch(entry: string): (sent: Normalized) => boolean {
  if (PLAIN.test(entry)) {
    const { origin } = normalized(entry);
    return (sent) => sent.origin === origin;
  }
  const regex = LinearRegex.compile(unanchored(entry), 'the whole text') as LinearRegex;
  return entry.includes(':') ? (sent) => regex.matches(sent.origin) : (sent) => regex.matches(sent.host);
}

function unanchored(regex: string): string {
  const start = regex.startsWith('^') ? 1 : 0;
  return regex.endsWith('$') && !regex.endsWith('\\$') ? regex.slice(start, -1) : regex.slice(start);
}

const URL_PARTS = /^(?:([A-Za-z0-9][A-Za-z0-9+.-]*):)?\/\/(?:[^@/]*@)?([^/?#]*?)(?::(\d+))?(?:[/?#].*)?$/;
const DEFAULT_PORTS: Readonly<Record<string, string>> = { http: '80', https: '443' };

/** Scheme, host and port, without a port that goes without saying. What is no URL stays what it is (`null`). */
function normalized(text: string): Normalized {
  const [, scheme, host, port] = URL_PARTS.exec(text) ?? [];
  if (host === undefined || host === '') return { origin: text, host: text };
  const said = port === undefined || port === DEFAULT_PORTS[scheme ?? ''] ? '' : `:${port}`;
  return { origin: `${scheme === undefined ? '' : `${scheme}://`}${host}${said}`, host };
}
