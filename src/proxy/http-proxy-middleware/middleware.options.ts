import type { Agent as HttpAgent } from 'node:http';
import {
  debugProxyErrorsPlugin,
  errorResponsePlugin,
  loggerPlugin,
  type Options,
  proxyEventsPlugin,
} from 'http-proxy-middleware';
import type { Target } from '../../contracts/forwarder.js';
import { targetAuthority } from '../request/target-authority.js';
import { settleAttempt, watchAttempt } from './attempt.plugins.js';
import { settleHandshake, watchHandshake } from './handshake.plugins.js';

/**
 * A team's options as the middleware gets them for one target.
 *
 * | option | becomes |
 * |---|---|
 * | `target` | the picked target when the team names none |
 * | `agent` | the forwarder's keep-alive agent, unless the team names one, or chooses targets itself |
 * | `plugins` | the default plugins but the one that writes error pages, the team's, and ours around them |
 * | `ejectPlugins` | leaves the default plugins out, as documented |
 * | `timeout` | the shorter of it and the upstream's own clocks (see the forwarder): the client's socket is the edge's |
 * | `ws` | left out: handshakes are handed to it one by one |
 *
 * @param agent `undefined` makes the options for handshakes, each of which has a connection of its own
 */
export function middlewareOptions(team: Options, target: Target, agent: HttpAgent | undefined): Options {
  const [watch, settle] =
    agent === undefined ? [watchHandshake, settleHandshake] : [watchAttempt, settleAttempt];
  const { timeout: _timeout, ws: _ws, plugins = [], ejectPlugins = false, ...rest } = team;
  const ownTarget = team.target === undefined && team.router === undefined;
  const defaults = ejectPlugins ? [] : [debugProxyErrorsPlugin, proxyEventsPlugin, loggerPlugin];
  return {
    ...rest,
    ...(team.target === undefined ? { target: targetUrl(target) } : {}),
    ...(ownTarget && team.agent === undefined && agent !== undefined ? { agent } : {}),
    // All plugins are listed here, in the order they need.
    ejectPlugins: true,
    plugins: [watch, ...defaults, ...plugins.filter((plugin) => plugin !== errorResponsePlugin), settle],
  };
}

const targetUrl = (target: Target): string => `${target.tls ? 'https' : 'http'}://${targetAuthority(target)}`;
