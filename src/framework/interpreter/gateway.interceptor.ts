import type { IncomingMessage, ServerResponse } from 'node:http';
import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { mergeMap, Observable, takeLast } from 'rxjs';
import { runInExchange } from '../../contracts/current-exchange.js';
import { exchangeOf } from '../../contracts/exchange-of.js';
import { runAfter } from '../../contracts/run-after.js';
import { asResponse } from '../../edge/handler-result.js';
import { type ExpressRequest, RouteRegistry } from './route.registry.js';

/**
 * Runs the stages after the handler on the interpreted way. It is Nest's outermost interceptor,
 * so it sees what a team's own interceptors made of the answer.
 */
@Injectable()
export class GatewayInterceptor implements NestInterceptor {
  constructor(private readonly routes: RouteRegistry) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getType() !== 'http') return next.handle();
    const http = context.switchToHttp();
    const req = http.getRequest<IncomingMessage & ExpressRequest>();
    const exchange = exchangeOf(req);
    const route = this.routes.routeOf(context.getHandler(), req, exchange);
    if (route === undefined || exchange === undefined) return next.handle();
    const res = http.getResponse<ServerResponse>();
    const handled = new Observable((subscriber) =>
      runInExchange(exchange, () => next.handle().subscribe(subscriber)),
    );
    if (route.nestAnswers) return handled;
    return handled.pipe(
      // What counts is the last value, as without the gateway.
      takeLast(1),
      mergeMap(async (result) =>
        // A handler that wrote the response itself has no answer left to shape.
        res.headersSent ? result : runAfter(route.after, exchange, asResponse(result, res.statusCode)),
      ),
    );
  }
}
