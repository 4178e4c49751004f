/** Exports no class for the command line to find. */
export const NOTHING = 1;
