/** Stands for a credential that was sent in two places, or twice in one: gateway and upstream could each believe another. */
export const REPEATED = Symbol('repeated');
