/** A user as the user service returns it. */
export interface User {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  /** Never leaves the gateway. */
  readonly ssn: string;
  /** Never leaves the gateway. */
  readonly passwordHash: string;
}
