import { All, Get, Param } from '@nestjs/common';
import {
  FilterResponse,
  Forward,
  type ForwardCall,
  InjectUpstream,
  ProxyController,
  RateLimit,
  RequireScope,
  type UpstreamClient,
  type UpstreamResponse,
} from 'portcullis';
import type { User } from './users.types.js';
import { USERS } from './users.upstream.js';

/** `/api/users` → the user service's `/users`, without what must stay inside. */
@ProxyController(USERS, 'api/users', { upstreamPath: '/users' })
@RateLimit({ limit: 1000, window: '1m', by: 'subject' })
@FilterResponse<User>({ omit: ['ssn', 'passwordHash'] })
export class UsersController {
  constructor(@InjectUpstream(USERS) private readonly users: UpstreamClient) {}

  /** GET /api/users/:id → GET /users/:id */
  @Get(':id')
  @RequireScope('users:read')
  one(@Param('id') id: string, @Forward() call: ForwardCall): Promise<UpstreamResponse> {
    return this.users.forward(call.to('/users/:id', { id }));
  }

  /** Everything else under the prefix, the prefix itself included. */
  @All(['', '*path'])
  rest(@Forward() call: ForwardCall): Promise<UpstreamResponse> {
    return this.users.forward(call);
  }
}
