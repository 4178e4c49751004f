import { Injectable } from '@nestjs/common';
import type { CompiledPolicy, Policy, StageName } from '../../contracts/policy.js';
import type { RouteFacts } from '../../contracts/route-facts.js';
import { COMMON_METHODS, CORS, type CorsOptions, checkCors } from './cors.options.js';
import { corsDress, corsGate, corsPreflight } from './cors.stage.js';

/** Which pages of other origins may call a route: preflights, and the fields of every answer. */
@Injectable()
export class CorsPolicy implements Policy<CorsOptions> {
  readonly name = CORS;
  readonly atTheEdge = true;

  stage(): StageName {
    return 'admission';
  }

  check(options: CorsOptions): readonly string[] {
    return checkCors(options);
  }

  compile(options: CorsOptions, route: RouteFacts): CompiledPolicy {
    return {
      dress: corsDress(options),
      preflight: corsPreflight(options, options.methods ?? methodsOf(route)),
      ...(options.refuseOthers === true ? { before: corsGate(options) } : {}),
    };
  }

  describe({ origins, credentials, refuseOthers }: CorsOptions): string {
    const parts = [origins.length > 3 ? `${origins.length} origins` : origins.join(' ')];
    if (credentials === true) parts.push('credentials');
    if (refuseOthers === true) parts.push('others refused');
    return parts.join(', ');
  }
}

function methodsOf({ methods }: RouteFacts): readonly string[] {
  if (methods === undefined) return COMMON_METHODS;
  return methods.includes('GET') && !methods.includes('HEAD') ? [...methods, 'HEAD'] : methods;
}
