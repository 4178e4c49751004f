import { checkOptions } from '../../../contracts/option-check.js';
import { JWT, type JwtIssuerOptions, type JwtOptions, type TokenPlace } from './jwt.options.js';
import { type JwtSettings, NO_JWT_SETTINGS } from './jwt.settings.js';
import { configureIssuer, type IssuerConfiguration, KEY_OPTIONS, type ResolvedIssuer } from './jwt-issuer.js';
import { JWT_ISSUER_RULES, JWT_OPTION_RULES } from './jwt-option-rules.js';

export type { IssuerConfiguration };

/** How a token's consumer is found. */
export interface ConsumerRule {
  /** The claim that holds the consumer's id. */
  readonly claim: string;
  /** A token without a known consumer is refused. */
  readonly required: boolean;
}

/** Everything about one `jwt()`, checked and complete. */
export interface JwtConfiguration {
  /** One at least. Where there are several, each has an `issuer` and no two the same. */
  readonly issuers: readonly IssuerConfiguration[];
  readonly places: readonly TokenPlace[];
  readonly consumer: ConsumerRule | undefined;
  readonly realm: string | undefined;
}

/** What a declaration comes to with the gateway's settings below it. */
type ResolvedJwt = Omit<JwtSettings, keyof JwtIssuerOptions> &
  ResolvedIssuer & { readonly [Name in keyof JwtOptions]?: JwtOptions[Name] | undefined };

/** A declaration with a key of its own stands alone: the settings' other rules belong to another key. */
export function resolveJwt(options: JwtOptions, settings: JwtSettings): ResolvedJwt {
  const below = hasOwnKey(options) ? NO_JWT_SETTINGS : settings;
  return Object.freeze({ ...below, ...stated(options) });
}

export function hasOwnKey(options: JwtOptions): boolean {
  return [...KEY_OPTIONS, 'issuers' as const].some((name) => options[name] !== undefined);
}

/** The configuration of one `jwt()`, or every problem it has. */
export function configureJwt(
  options: JwtOptions,
  settings: JwtSettings,
): JwtConfiguration | readonly string[] {
  const resolved = resolveJwt(options, settings);
  const { issuers: listed, in: places = [], consumerClaim: claim, consumerRequired, realm } = resolved;
  const several = Array.isArray(listed) && listed.length > 0;
  const issuers = several ? configureIssuers(listed, resolved) : [configureIssuer(JWT, resolved)];
  const problems = [
    ...checkOptions(JWT, JWT, resolved, JWT_OPTION_RULES).map((problem) => problem.message),
    ...checkUnset(JWT, options),
    ...(several ? checkIssuers(listed, resolved) : []),
    ...(consumerRequired === true && claim === undefined
      ? ['jwt.consumerRequired has no consumerClaim; name the claim that holds the id of the consumer.']
      : []),
    ...issuers.flatMap((each) => (isProblems(each) ? each : [])),
  ];
  if (problems.length > 0) return problems;
  return Object.freeze({
    issuers: issuers as readonly IssuerConfiguration[],
    places: Object.freeze([...places]),
    consumer: claim === undefined ? undefined : { claim, required: consumerRequired ?? false },
    realm,
  });
}

/** Who it is and with which key is each issuer's own. */
const NOT_SHARED: readonly string[] = [...KEY_OPTIONS, 'issuer', 'issuers'];

function configureIssuers(
  listed: readonly JwtIssuerOptions[],
  common: ResolvedJwt,
): readonly (IssuerConfiguration | readonly string[])[] {
  const shared = Object.fromEntries(Object.entries(common).filter(([name]) => !NOT_SHARED.includes(name)));
  return listed.map((each, i) => configureIssuer(`${JWT}.issuers[${i}]`, { ...shared, ...stated(each) }));
}

function checkIssuers(listed: readonly JwtIssuerOptions[], resolved: ResolvedJwt): readonly string[] {
  const beside = ([...KEY_OPTIONS, 'issuer'] as const).filter((name) => resolved[name] !== undefined);
  const names = listed.map((each) => each?.issuer);
  return [
    ...beside.map((name) => `jwt.${name} stands beside jwt.issuers; give it to one of them.`),
    ...listed.flatMap((each, i) => {
      const at = `${JWT}.issuers[${i}]`;
      const { issuer } = each ?? {};
      return [
        ...checkOptions(JWT, at, each, JWT_ISSUER_RULES).map((problem) => problem.message),
        ...checkUnset(at, each ?? {}),
        ...(issuer === undefined ? [`${at} has no issuer; must be the \`iss\` of its tokens.`] : []),
        ...(issuer !== undefined && names.indexOf(issuer) < i
          ? [`${at}.issuer is ${JSON.stringify(issuer)} once more; must be named once.`]
          : []),
      ];
    }),
  ];
}

/** `jwt({ secret: process.env.NAME })` with the variable unset must not fall back to another key. */
function checkUnset(at: string, options: JwtIssuerOptions): string[] {
  return KEY_OPTIONS.filter((name) => Object.hasOwn(options, name) && options[name] === undefined).map(
    (name) => `${at}.${name} is undefined; must be the key, or left out to use the gateway's own.`,
  );
}

function stated(options: object): object {
  return Object.fromEntries(Object.entries(options ?? {}).filter(([, value]) => value !== undefined));
}

export function isProblems(value: object): value is readonly string[] {
  return Array.isArray(value);
}
