import { LegacyModule } from './legacy/legacy.module.js';
import { OrdersModule } from './orders/orders.module.js';
import { ProfilesModule } from './profiles/profiles.module.js';
import { UsersModule } from './users/users.module.js';

/** Every upstream of this gateway, one line each. */
export const UPSTREAM_MODULES = [UsersModule, OrdersModule, ProfilesModule, LegacyModule];
