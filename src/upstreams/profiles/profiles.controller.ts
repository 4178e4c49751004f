import { Get, Param } from '@nestjs/common';
import {
  FilterResponse,
  InjectUpstream,
  ProxyController,
  RequireScope,
  type UpstreamClient,
} from 'portcullis';
import type { Order } from '../orders/orders.types.js';
import { ORDERS } from '../orders/orders.upstream.js';
import type { User } from '../users/users.types.js';
import { USERS } from '../users/users.upstream.js';
import type { Profile } from './profiles.types.js';

/** Joins a user with their orders. */
@ProxyController(USERS, 'api/profiles')
@FilterResponse<Profile>({ omit: ['user.ssn', 'user.passwordHash'] })
export class ProfilesController {
  constructor(
    @InjectUpstream(USERS) private readonly users: UpstreamClient,
    @InjectUpstream(ORDERS) private readonly orders: UpstreamClient,
  ) {}

  /** GET /api/profiles/:id → GET /users/:id and GET /orders?userId=:id, side by side. */
  @Get(':id')
  @RequireScope('users:read')
  async one(@Param('id') id: string): Promise<Profile> {
    const [user, orders] = await Promise.all([
      this.users.get<User>('/users/:id', { params: { id } }),
      this.orders.get<Order[]>('/orders', { query: { userId: id } }),
    ]);
    return { user, orders };
  }
}
