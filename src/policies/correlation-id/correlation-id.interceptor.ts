import type { IncomingMessage, ServerResponse } from 'node:http';
import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { Observable } from 'rxjs';
import type { CompilableEnhancer } from '../../contracts/compilable-enhancer.js';
import { exchangeOf } from '../../contracts/exchange-of.js';
import type { PolicyDeclaration } from '../../contracts/policy.js';
import { adoptOrMint, CORRELATION_HEADER } from './correlation-id.js';

/**
 * Puts the correlation id on the answers of ordinary Nest controllers.
 *
 * On a proxy route it stands for nothing: the edge writes the id on every answer, also on those no interceptor
 * sees (401, 404, 429).
 */
@Injectable()
export class CorrelationIdInterceptor implements NestInterceptor, CompilableEnhancer {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getType() === 'http') {
      const http = context.switchToHttp();
      answerCorrelationId(http.getRequest<IncomingMessage>(), http.getResponse<ServerResponse>());
    }
    return next.handle();
  }

  portcullisPolicies(): readonly PolicyDeclaration[] {
    return NONE;
  }
}

const NONE: readonly PolicyDeclaration[] = Object.freeze([]);

/** Writes the id of the request's exchange on the answer, or one found by the same rules where no edge ran. */
export function answerCorrelationId(req: IncomingMessage, res: ServerResponse): void {
  if (res.headersSent) return;
  res.setHeader(CORRELATION_HEADER, exchangeOf(req)?.correlationId ?? adoptOrMint(req.rawHeaders));
}
