import { All, Get } from '@nestjs/common';
import {
  Forward,
  type ForwardCall,
  InjectUpstream,
  ProxyController,
  TransformRequest,
  type UpstreamClient,
  type UpstreamResponse,
  WebSocket,
} from 'portcullis';
import { ORDERS } from './orders.upstream.js';

/** `/api/orders` → the order service's `/orders`, each request under an id the gateway gives. */
@ProxyController(ORDERS, 'api/orders', { upstreamPath: '/orders' })
@TransformRequest({ headers: { add: { 'X-Correlation-ID': '$(uuid)' } } })
export class OrdersController {
  constructor(@InjectUpstream(ORDERS) private readonly orders: UpstreamClient) {}

  /** A WebSocket of new orders, for callers with a token like every other route. */
  @Get('feed')
  @WebSocket({ only: true, maxConnectionsPerPrincipal: 10 })
  feed(@Forward() call: ForwardCall): Promise<UpstreamResponse> {
    return this.orders.forward(call);
  }

  @All(['', '*path'])
  all(@Forward() call: ForwardCall): Promise<UpstreamResponse> {
    return this.orders.forward(call);
  }
}
