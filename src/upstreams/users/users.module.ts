import { Module } from '@nestjs/common';
import { UpstreamModule } from 'portcullis';
import { UsersController } from './users.controller.js';
import { USERS } from './users.upstream.js';

@Module({ imports: [UpstreamModule.forFeature(USERS)], controllers: [UsersController] })
export class UsersModule {}
