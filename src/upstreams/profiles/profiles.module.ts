import { Module } from '@nestjs/common';
import { UpstreamModule } from 'portcullis';
import { ORDERS } from '../orders/orders.upstream.js';
import { USERS } from '../users/users.upstream.js';
import { ProfilesController } from './profiles.controller.js';

@Module({ imports: [UpstreamModule.forFeature(USERS, ORDERS)], controllers: [ProfilesController] })
export class ProfilesModule {}
