// Every upstream of this gateway, one line each; src/app imports them all.
export { LegacyModule } from './legacy/legacy.module.js';
export { OrdersModule } from './orders/orders.module.js';
export { ProfilesModule } from './profiles/profiles.module.js';
export { UsersModule } from './users/users.module.js';
