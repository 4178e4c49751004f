import type { IncomingMessage } from 'node:http';
import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { map, type Observable } from 'rxjs';
import type { CompilableEnhancer } from '../../contracts/compilable-enhancer.js';
import { exchangeOf } from '../../contracts/exchange-of.js';
import { PerHandler } from '../../contracts/per-handler.js';
import type { PolicyDeclaration } from '../../contracts/policy.js';
import { declaredFilter } from './declared-filter.js';
import { FILTER_RESPONSE } from './filter-response.decorator.js';
import { filterReturned } from './filter-returned.js';

/**
 * Filters what ordinary Nest controllers return, as `@FilterResponse` on them says.
 *
 * On a proxy route `@FilterResponse` needs no interceptor: its stage runs on the answer itself, and this one only
 * states that it is wanted.
 */
@Injectable()
export class ResponseFilterInterceptor implements NestInterceptor, CompilableEnhancer {
  readonly #filters = new PerHandler(declaredFilter);

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (isProxied(context)) return next.handle();
    const filter = this.#filters.of(context.getHandler(), context.getClass());
    if (filter === undefined) return next.handle();
    return next.handle().pipe(map((value) => filterReturned(value, filter)));
  }

  portcullisPolicies(): readonly PolicyDeclaration[] {
    return NONE;
  }

  portcullisEnforces(): readonly string[] {
    return ENFORCED;
  }
}

const ENFORCED: readonly string[] = Object.freeze([FILTER_RESPONSE]);

const NONE: readonly PolicyDeclaration[] = Object.freeze([]);

function isProxied(context: ExecutionContext): boolean {
  if (context.getType() !== 'http') return false;
  return exchangeOf(context.switchToHttp().getRequest<IncomingMessage>())?.route?.proxied === true;
}
