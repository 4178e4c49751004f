import passport from 'passport';

/** A strategy as passport itself calls it. */
export interface RegisteredStrategy {
  authenticate(request: object, options: object): unknown;
}

/** Where passport keeps what was given to `use`; its types do not mention it. */
const kept = passport as unknown as { readonly _strategies?: Readonly<Record<string, RegisteredStrategy>> };

/** Passport's own, of sessions: it never refuses anybody. */
const SESSION = 'session';

/** The names under which the application registered strategies. */
export function registeredStrategies(): readonly string[] {
  return Object.keys(kept._strategies ?? {}).filter((name) => name !== SESSION);
}

/** Only for a name that is registered. */
export function registeredStrategy(name: string): RegisteredStrategy {
  return (kept._strategies as Readonly<Record<string, RegisteredStrategy>>)[name] as RegisteredStrategy;
}
