import { checkedElsewhere, checkOptions, type OptionRules, show } from '../../contracts/option-check.js';
import { parseRange } from './address-range.js';

/** Which addresses may call; at least one of the two. */
export interface IpRestrictionOptions {
  /** Addresses and CIDR ranges that may call; all others may not. Default: every address that is not refused. */
  readonly allow?: readonly string[];
  /** Addresses and CIDR ranges that may not call, also where a wider range is let in. Default none. */
  readonly deny?: readonly string[];
}

/** Their entries are judged one by one, below. */
const KNOWN: OptionRules<IpRestrictionOptions> = { allow: checkedElsewhere, deny: checkedElsewhere };

/** Every problem of a declaration, in plain words: one for each bad entry. */
export function ipRestrictionProblems(options: IpRestrictionOptions): readonly string[] {
  const problems = checkOptions('', '', options, KNOWN).map(({ message }) => message);
  const { allow, deny } = options;
  if (allow === undefined && deny === undefined) {
    problems.push('nothing is restricted; name addresses in allow or deny, or take the decorator away.');
  }
  problems.push(...listProblems('allow', allow), ...listProblems('deny', deny));
  return problems;
}

function listProblems(name: string, list: unknown): readonly string[] {
  if (list === undefined) return [];
  if (!Array.isArray(list)) return [`${name} is ${show(list)}; must be a list of addresses and CIDR ranges.`];
  if (list.length === 0) return [`${name} is empty; must name at least one address, or be left out.`];
  return list.flatMap((entry) => {
    const range = parseRange(entry);
    return typeof range === 'string' ? [`${name}: ${show(entry)} ${range}.`] : [];
  });
}
