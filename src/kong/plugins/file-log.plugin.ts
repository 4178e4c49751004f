import { LOG_REQUESTS, type LogRequestsOptions } from '../../policies/log-requests/log-requests.options.js';
import type { KongPluginMapping } from './kong-plugin.js';
import { kongRecord } from './kong-record.js';

/** Kong's file-log on the gateway's log of requests. */
export const FILE_LOG_PLUGIN: KongPluginMapping<'file-log'> = {
  name: 'file-log',
  priority: 9,
  stage: 'filter',
  compile(place) {
    const { path, reopen } = place.instance.config;
    const options: LogRequestsOptions = { file: { path, reopen }, ...kongRecord(place) };
    return place.policies.compile(LOG_REQUESTS, options, place.facts);
  },
};
