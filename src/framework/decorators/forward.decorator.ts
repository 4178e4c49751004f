import type { IncomingMessage } from 'node:http';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { exchangeOf } from '../../contracts/exchange-of.js';
import type { ForwardCall } from '../../contracts/forward-call.js';
import { GatewayError } from '../../contracts/gateway-error.js';

/** Reads the call of an exchange; the compiler recognises it by identity and needs no Express for it. */
export function forwardCallFactory(_data: unknown, context: ExecutionContext): ForwardCall {
  const call = exchangeOf(context.switchToHttp().getRequest<IncomingMessage>())?.call;
  if (call === undefined) {
    throw new GatewayError('internal', { cause: new Error('@Forward() works on a @ProxyController only.') });
  }
  return call;
}

/** The upstream request to be ({@link ForwardCall}), as an argument of a proxy controller's handler. */
export const Forward: () => ParameterDecorator = createParamDecorator(forwardCallFactory);
