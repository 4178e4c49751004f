/** The environment as a process has it; a test hands in its own. */
export type Environment = Readonly<Record<string, string | undefined>>;
