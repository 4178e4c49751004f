import { Injectable } from '@nestjs/common';
import type { CompiledPolicy, Policy, StageName } from '../../contracts/policy.js';
import { FILTER_RESPONSE } from './filter-response.decorator.js';
import {
  checkFilterResponse,
  type FilterResponseOptions,
  resolveFilterResponse,
} from './filter-response.options.js';
import { askPlain, filterStage } from './filter-response.stage.js';

/** How many paths the boot table spells out. */
const SHOWN_PATHS = 4;

/** Response filtering as the plan's compiler sees it. */
@Injectable()
export class FilterResponsePolicy implements Policy<FilterResponseOptions> {
  readonly name = FILTER_RESPONSE;

  stage(): StageName {
    return 'filter';
  }

  check(options: FilterResponseOptions): readonly string[] {
    return checkFilterResponse(options);
  }

  compile(options: FilterResponseOptions): CompiledPolicy {
    const resolved = resolveFilterResponse(options);
    return { before: askPlain, after: filterStage(resolved), bufferLimitBytes: resolved.limitBytes };
  }

  describe(options: FilterResponseOptions): string {
    const { mode, paths } = resolveFilterResponse(options);
    const more = paths.length - SHOWN_PATHS;
    return `${mode} ${paths.slice(0, SHOWN_PATHS).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
  }
}
