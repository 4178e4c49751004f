import type { Order } from '../orders/orders.types.js';
import type { User } from '../users/users.types.js';

/** A user with their orders: two upstreams joined in one answer. */
export interface Profile {
  readonly user: User;
  readonly orders: readonly Order[];
}
