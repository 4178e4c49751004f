import { Injectable } from '@nestjs/common';
import type { CompiledPolicy, Policy, StageName } from '../../contracts/policy.js';
import type { AccessRequirement } from '../../contracts/route-access.js';
import { IP_RESTRICTION } from './ip-restriction.decorator.js';
import { type IpRestrictionOptions, ipRestrictionProblems } from './ip-restriction.options.js';
import { ipRestrictionStage } from './ip-restriction.stage.js';

/** Restrictions by address as the plan's compiler sees them. */
@Injectable()
export class IpRestrictionPolicy implements Policy<IpRestrictionOptions> {
  readonly name = IP_RESTRICTION;

  /** Before identity: whoever may not call from there is not asked who it is. */
  stage(): StageName {
    return 'admission';
  }

  check(options: IpRestrictionOptions): readonly string[] {
    return ipRestrictionProblems(options);
  }

  compile(options: IpRestrictionOptions): CompiledPolicy {
    return { before: ipRestrictionStage(options) };
  }

  describe({ allow, deny }: IpRestrictionOptions): string {
    return [phrase('from', allow), phrase('not from', deny)].filter((part) => part !== '').join(', ');
  }

  access({ allow, deny }: IpRestrictionOptions): readonly AccessRequirement[] {
    return [
      ...(deny === undefined ? [] : [{ kind: 'not-address', match: 'any', names: deny } as const]),
      ...(allow === undefined ? [] : [{ kind: 'address', match: 'any', names: allow } as const]),
    ];
  }
}

const SHOWN = 3;

function phrase(word: string, entries: readonly string[] | undefined): string {
  if (entries === undefined) return '';
  const rest = entries.length > SHOWN ? ` and ${entries.length - SHOWN} more` : '';
  return `${word} ${entries.slice(0, SHOWN).join(' or ')}${rest}`;
}
