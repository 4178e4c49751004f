/** Whether the long forms run: `npm run proofs` sets it, `npm run check` does not. */
export const LONG = process.env['PROOFS'] !== undefined;

const LONGER = 100;
const SHORT_LIMIT_MS = 20_000;

/** How often a property is tried: a hundred times more often among the proofs. */
export const runs = (short: number): number => (LONG ? short * LONGER : short);

/** For a test whose runs grow with {@link runs}. */
export const LIMIT_MS = LONG ? SHORT_LIMIT_MS * LONGER : SHORT_LIMIT_MS;
