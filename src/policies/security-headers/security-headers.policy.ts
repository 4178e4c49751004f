import { Injectable } from '@nestjs/common';
import type { CompiledPolicy, Policy, StageName } from '../../contracts/policy.js';
import {
  checkSecurityHeaders,
  SECURITY_HEADERS,
  type SecurityHeadersOptions,
  securityFields,
  strictTransport,
} from './security-headers.options.js';
import { securityHeadersDress } from './security-headers.stage.js';

/** The fields that make browsers careful, on every answer of a route. */
@Injectable()
export class SecurityHeadersPolicy implements Policy<SecurityHeadersOptions> {
  readonly name = SECURITY_HEADERS;
  readonly atTheEdge = true;

  stage(): StageName {
    return 'filter';
  }

  check(options: SecurityHeadersOptions): readonly string[] {
    return checkSecurityHeaders(options);
  }

  compile(options: SecurityHeadersOptions): CompiledPolicy {
    return { dress: securityHeadersDress(options) };
  }

  describe(options: SecurityHeadersOptions): string {
    const count = securityFields(options).length / 2 + (strictTransport(options) === false ? 0 : 1);
    return `${count} fields${options.replace === true ? ", the upstream's replaced" : ''}`;
  }
}
