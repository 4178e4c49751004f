import { Module } from '@nestjs/common';
import { GatewayModule, jwt } from 'portcullis';
import { UPSTREAM_MODULES } from '../upstreams/index.js';

/** The deployed service: tokens are asked for everywhere unless a route says `@Public()`. */
@Module({ imports: [GatewayModule.forRoot({ authentication: jwt() }), ...UPSTREAM_MODULES] })
export class AppModule {}
