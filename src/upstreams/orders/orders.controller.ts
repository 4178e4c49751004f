import { All } from '@nestjs/common';
import {
  Forward,
  type ForwardCall,
  InjectUpstream,
  ProxyController,
  TransformRequest,
  type UpstreamClient,
  type UpstreamResponse,
} from 'portcullis';
import { ORDERS } from './orders.upstream.js';

/** `/api/orders` → the order service's `/orders`, each request under an id the gateway gives. */
@ProxyController(ORDERS, 'api/orders', { upstreamPath: '/orders' })
@TransformRequest({ headers: { add: { 'X-Correlation-ID': '$(uuid)' } } })
export class OrdersController {
  constructor(@InjectUpstream(ORDERS) private readonly orders: UpstreamClient) {}

  @All(['', '*path'])
  all(@Forward() call: ForwardCall): Promise<UpstreamResponse> {
    return this.orders.forward(call);
  }
}
