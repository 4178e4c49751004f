import { show } from '../../contracts/option-check.js';
import { parseAddress, parseMaskedRange } from '../../policies/ip-restriction/address-range.js';
import { ipRestrictionStage } from '../../policies/ip-restriction/ip-restriction.stage.js';
import { inKongsWords } from './in-kongs-words.js';
import type { KongPluginMapping } from './kong-plugin.js';

/** Kong's ip-restriction: the gateway's policy of the same name. */
export const IP_RESTRICTION_PLUGIN: KongPluginMapping<'ip-restriction'> = {
  name: 'ip-restriction',
  priority: 990,
  stage: 'admission',
  shared: true,

  check({ instance: { config } }) {
    return [...entryProblems('allow', config.allow), ...entryProblems('deny', config.deny)];
  },

  compile({ instance: { config } }) {
    const allow = named(config.allow);
    const deny = named(config.deny);
    if (allow === undefined && deny === undefined) return {};
    const lists = { ...(allow && { allow }), ...(deny && { deny }) };
    const { status, message } = config;
    return {
      before: inKongsWords(ipRestrictionStage(lists, parseMaskedRange), ({ clientAddress }) =>
        parseAddress(clientAddress) === undefined
          ? { status: 403, message: NO_ADDRESS }
          : { status, message: message ?? `IP address not allowed: ${clientAddress}` },
      ),
    };
  },
};

const NO_ADDRESS = 'Cannot identify the client IP address, unix domain sockets are not supported.';

/** To Kong an empty list restricts nothing. */
function named(list: readonly string[] | undefined): readonly string[] | undefined {
  return list === undefined || list.length === 0 ? undefined : list;
}

function entryProblems(name: string, list: readonly string[] | undefined): readonly string[] {
  return (list ?? []).flatMap((entry) => {
    const range = parseMaskedRange(entry);
    return typeof range === 'string' ? [`${name}: ${show(entry)} ${range}.`] : [];
  });
}
