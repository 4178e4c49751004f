/** State that all instances of the gateway share, outside of their processes. */
export interface SharedState {
  /**
   * The text kept under a key; `undefined` when there is none. Settles within the store's own time limit, whatever
   * state it is in.
   *
   * @throws Error when the store could not be asked
   */
  get(key: string): Promise<string | undefined>;

  /** The part of the store that holds a key, as far as it is known by now; parts fail apart. One that has none says `''`. */
  partOf(key: string): string;

  /**
   * Runs a Lua script, which nothing comes between; `KEYS` and `ARGV` are what it is given. In a cluster the keys must
   * be of one slot. When this rejects, the script may have run, or may still run.
   *
   * @throws Error when the store did not answer in time, or refused
   */
  run(script: string, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown>;
}

/** Injects the SharedState, or `undefined` where none is configured. */
export const SHARED_STATE = Symbol('portcullis.shared-state');
