/** What was verified once, with the time in which that may be believed. */
export interface Remembered {
  holdsAt(nowMs: number): boolean;
}
