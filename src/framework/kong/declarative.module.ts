import { Module } from '@nestjs/common';
import { GatewayModule } from '../gateway.module.js';

/** The root of a gateway without a line of code: all its routes come from declarative files. */
@Module({ imports: [GatewayModule.forRoot()] })
export class DeclarativeModule {}
