import type { IncomingMessage } from 'node:http';
import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { map, type Observable } from 'rxjs';
import type { CompilableEnhancer } from '../../contracts/compilable-enhancer.js';
import { exchangeOf } from '../../contracts/exchange-of.js';
import type { PolicyDeclaration } from '../../contracts/policy.js';
import { type CompiledFilter, compileFilter } from './compiled-filter.js';
import { declaredFilter } from './declared-filter.js';
import { filterReturned } from './filter-returned.js';

type Handler = ReturnType<ExecutionContext['getHandler']>;

/**
 * Filters what ordinary Nest controllers return, as `@FilterResponse` on them says.
 *
 * On a proxy route `@FilterResponse` needs no interceptor: its stage runs on the answer itself, and this one only
 * states that it is wanted.
 */
@Injectable()
export class ResponseFilterInterceptor implements NestInterceptor, CompilableEnhancer {
  readonly #filters = new WeakMap<object, Map<Handler, CompiledFilter | undefined>>();

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const filter = this.#filterFor(context);
    return filter === undefined ? next.handle() : next.handle().pipe(map((v) => filterReturned(v, filter)));
  }

  portcullisPolicies(): readonly PolicyDeclaration[] {
    return NONE;
  }

  #filterFor(context: ExecutionContext): CompiledFilter | undefined {
    // On a proxy route the stage does this.
    if (context.getType() === 'http') {
      const exchange = exchangeOf(context.switchToHttp().getRequest<IncomingMessage>());
      if (exchange?.route?.proxied === true) return undefined;
    }
    const controller = context.getClass();
    const handler = context.getHandler();
    let known = this.#filters.get(controller);
    if (known === undefined) {
      known = new Map();
      this.#filters.set(controller, known);
    }
    if (!known.has(handler)) known.set(handler, compileDeclared(controller, handler));
    return known.get(handler);
  }
}

const NONE: readonly PolicyDeclaration[] = Object.freeze([]);

function compileDeclared(controller: object, handler: Handler): CompiledFilter | undefined {
  const declared = declaredFilter(controller, handler as (...parameters: never[]) => unknown);
  return declared === undefined ? undefined : compileFilter(declared);
}
