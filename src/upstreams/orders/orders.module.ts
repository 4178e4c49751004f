import { Module } from '@nestjs/common';
import { UpstreamModule } from 'portcullis';
import { OrdersController } from './orders.controller.js';
import { ORDERS } from './orders.upstream.js';

@Module({ imports: [UpstreamModule.forFeature(ORDERS)], controllers: [OrdersController] })
export class OrdersModule {}
