import type { IncomingMessage } from 'node:http';
import { type ArgumentsHost, Catch, HttpException, Injectable, NotFoundException } from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import { EarlyAnswer } from '../../contracts/early-answer.js';
import { exchangeOf } from '../../contracts/exchange-of.js';
import { GatewayError } from '../../contracts/gateway-error.js';
import { type Problem, plainProblem } from '../../contracts/problem.js';
import type { Edge } from '../../edge/edge.js';
import { EdgeHolder } from '../edge.holder.js';

/**
 * Answers errors on the interpreted way with the same problem document as the compiled one.
 *
 * It is the last of Nest's filters: a team's own come first. Errors of ordinary controllers keep Nest's format,
 * unless they are the gateway's own.
 */
@Catch()
@Injectable()
export class GatewayExceptionFilter extends BaseExceptionFilter {
  constructor(private readonly holder: EdgeHolder) {
    super();
  }

  override catch(exception: unknown, host: ArgumentsHost): void {
    const req = host.getType() === 'http' ? host.switchToHttp().getRequest<IncomingMessage>() : undefined;
    const exchange = req === undefined ? undefined : exchangeOf(req);
    const edge: Edge | undefined = this.holder.edge;
    if (exchange === undefined || edge === undefined) return super.catch(exception, host);
    const ordinary = exchange.route !== undefined && !exchange.route.proxied;
    const own = exception instanceof GatewayError || exception instanceof EarlyAnswer;
    if (ordinary && !own) return super.catch(exception, host);
    // Nest's own 404 is the gateway's: no route takes the request.
    if (exchange.route === undefined && exception instanceof NotFoundException) edge.unmatched(exchange);
    else edge.fail(exchange, exception);
  }
}

/** The problem of a team's HttpException; `undefined` for anything else, which is our failure. */
export function httpExceptionProblem(error: unknown): Problem | undefined {
  if (!(error instanceof HttpException)) return undefined;
  const status = error.getStatus();
  // What a 5xx says may be a cause; a 4xx is meant for the client.
  return plainProblem(status, status < 500 ? error.message : undefined);
}
