import { Module } from '@nestjs/common';
import { GatewayModule, jwt } from 'portcullis';
import * as upstreams from '../upstreams/index.js';

/** The deployed service: tokens are asked for everywhere unless a route says `@Public()`. */
@Module({ imports: [GatewayModule.forRoot({ authentication: jwt() }), ...Object.values(upstreams)] })
export class AppModule {}
