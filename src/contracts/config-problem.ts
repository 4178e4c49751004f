/** One mistake in configuration or declaration: where, what was found, what is allowed, and the mend, in one sentence. */
export interface ConfigProblem {
  /** `UsersController.one`, `user-service`, `JWT_SECRET`. */
  readonly where: string;
  /** `breaker.errorPercent is 150; must be 1–100.` */
  readonly message: string;
}

/** Every problem found at once; nothing starts until all are mended. */
export class ConfigError extends Error {
  constructor(readonly problems: readonly ConfigProblem[]) {
    super(problems.map((p) => `${p.where}: ${p.message}`).join('\n'));
    this.name = 'ConfigError';
  }
}
