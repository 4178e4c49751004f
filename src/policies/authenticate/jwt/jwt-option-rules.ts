import {
  checkedElsewhere,
  numberWithin,
  type OptionRule,
  type OptionRules,
  trueOrFalse,
  wholeNumber,
} from '../../../contracts/option-check.js';
import { isText, quotable, SKEW_MAXIMUM_SECONDS, text, textOrList } from '../option-rules.js';
import type { JwtIssuerOptions, JwtOptions } from './jwt.options.js';

const DAY_MS = 86_400_000;

const isValue = (value: unknown): boolean =>
  isText(value) || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value));

const claims: OptionRule = (value) => {
  const sound = Array.isArray(value)
    ? value.length > 0 && value.every(isText)
    : typeof value === 'object' &&
      value !== null &&
      Object.keys(value).length > 0 &&
      Object.values(value).every((each) =>
        Array.isArray(each) ? each.length > 0 && each.every(isValue) : isValue(each),
      );
  return sound ? undefined : 'a list of claim names, or an object of names with the values each may have';
};

/** RFC 6265, section 4.1.1: a token; as the name of a parameter it needs no escaping either. */
const NAME = /^[A-Za-z0-9!#$'*.^_`|~-]+$/;

const places: OptionRule = (value) => {
  const named = Array.isArray(value) ? value.map(placeName) : [];
  return named.length > 0 && !named.includes(undefined) && new Set(named).size === named.length
    ? undefined
    : 'a list of { query: name } and { cookie: name }, each once';
};

function placeName(place: unknown): string | undefined {
  if (typeof place !== 'object' || place === null) return undefined;
  const [[kind, name] = [], ...others] = Object.entries(place);
  const sound = others.length === 0 && (kind === 'query' || kind === 'cookie');
  return sound && typeof name === 'string' && NAME.test(name) ? `${kind} ${name}` : undefined;
}

/** Keys and algorithms are judged together, in jwt-issuer.ts, and a key is never shown. */
export const JWT_ISSUER_RULES: OptionRules<JwtIssuerOptions> = {
  secret: checkedElsewhere,
  publicKey: checkedElsewhere,
  jwks: checkedElsewhere,
  jwksUri: checkedElsewhere,
  discovery: (value) => (value === true ? undefined : 'true, or left out'),
  issuer: text,
  audience: textOrList,
  algorithms: checkedElsewhere,
  clockSkewSeconds: numberWithin(0, SKEW_MAXIMUM_SECONDS),
  requiredClaims: claims,
  refreshMs: wholeNumber(1_000, DAY_MS),
  staleMs: wholeNumber(1_000, 7 * DAY_MS),
  cooldownMs: wholeNumber(1_000, DAY_MS),
  fetchTimeoutMs: wholeNumber(1, 60_000),
};

export const JWT_OPTION_RULES: OptionRules<JwtOptions> = {
  ...JWT_ISSUER_RULES,
  issuers: (value) => (Array.isArray(value) && value.length > 0 ? undefined : 'a list of issuers'),
  in: places,
  consumerClaim: text,
  consumerRequired: trueOrFalse,
  realm: quotable,
};
