import { defineUpstream, env } from 'portcullis';

/** The service that owns orders. */
export const ORDERS = defineUpstream('order-service', {
  targets: env('ORDERS_URL', 'http://order-service:3002'),
});
