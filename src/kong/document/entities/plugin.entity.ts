import type { KongProtocol } from '../../kong-configuration.js';
import type { KongPlugin, KongPluginName } from '../../kong-plugins.js';
import type { DocumentReport } from '../document-report.js';
import { clearable, ignored, notHere, optional, required, withDefault } from '../fields/field.js';
import { entityName } from '../fields/name.kinds.js';
import { FAULT, type Reading } from '../fields/reading.js';
import { anyText, nearest, text } from '../fields/text.kinds.js';
import { anything, setOf, yesNo } from '../fields/value.kinds.js';
import { PLUGIN_SCHEMAS } from '../plugins/plugin-schemas.js';
import { UNCARRIED_PLUGIN_NAMES, uncarriedPlugin } from '../plugins/uncarried-plugins.js';
import type { MapNode } from '../text/document-node.js';
import type { DeclaredEntity } from './declared-entity.js';
import { claim, type EntityLoad, ownerOf, readEntity } from './entity-load.js';
import { pluginConfigNode } from './plugin-config-node.js';
import { HTTP_PROTOCOLS, STREAM_PROTOCOLS } from './protocol.kinds.js';
import { reference } from './reference.kind.js';

const PROTOCOLS = [...HTTP_PROTOCOLS, ...STREAM_PROTOCOLS, 'ws', 'wss'];
const anyProtocol = text('a protocol', (name) =>
  PROTOCOLS.includes(name) ? undefined : `one of ${HTTP_PROTOCOLS.join(', ')}`,
);

const FIELDS = {
  name: required(text('the name of a plugin')),
  instance_name: optional(entityName),
  config: optional(anything),
  // Where decK keeps what several plugins share.
  _config: optional(anyText),
  enabled: withDefault(yesNo, true),
  protocols: clearable(setOf(anyProtocol, 1), HTTP_PROTOCOLS as readonly string[]),
  service: optional(reference('name')),
  route: optional(reference('name')),
  consumer: optional(reference('username')),
  consumer_group: notHere('is part of Kong Enterprise; groups of consumers are acls.', () => false),
  ordering: notHere('is part of Kong Enterprise; plugins run by the priorities of Kong.'),
  condition: notHere('is part of Kong Enterprise; a more specific route can have the plugin.', () => false),
  partials: notHere('is part of Kong Enterprise; repeat the configuration, or use a YAML anchor.'),
  run_on: ignored,
} as const;

/** An instance of a plugin with its configuration and scopes. */
export function readPlugin(declared: DeclaredEntity, load: EntityLoad): KongPlugin | undefined {
  const read = readEntity(declared, FIELDS, load);
  if (read === undefined) return undefined;
  const { fields, entity, reading } = read;
  const { name } = fields;
  if (!isKnown(name)) {
    const at = reading.member('name');
    const uncarried = uncarriedPlugin(name);
    // decK's dumps hold what was switched off, too.
    if (!fields.enabled && uncarried !== undefined) {
      at.warn(
        declared.node,
        `is ${name}, which ${uncarried.replace(/\.$/, '')}; it is switched off, so it is left out.`,
      );
      return undefined;
    }
    at.fail(declared.node.entries.get('name')?.value ?? declared.node, unknownText(name, load.report));
    return undefined;
  }
  const scopes = scopesOf(declared, fields, load);
  const configNode = pluginConfigNode(declared, fields._config, reading);
  const protocols = carriedProtocols(fields.protocols, declared.node, reading);
  if (configNode === undefined || scopes === undefined || protocols === undefined) return undefined;
  const schema = PLUGIN_SCHEMAS[name];
  const config = schema.readConfig(configNode, reading.member('config'));
  if (scopes.consumer !== undefined && !schema.consumerScope) {
    reading
      .member('consumer')
      .fail(declared.node, `may not be set for ${name}: who it is is not known before it runs.`);
    return undefined;
  }
  const spot = [name, scopes.route, scopes.service, scopes.consumer].join(' ');
  if (config === FAULT || !claim(declared, 'name', spot, load)) return undefined;
  const plugin = {
    ...entity,
    name,
    instanceName: fields.instance_name,
    enabled: fields.enabled,
    protocols,
    config,
    ...scopes,
  };
  // The schema was found by the name, so the configuration is the one of that name.
  return plugin as KongPlugin;
}

function isKnown(name: string): name is KongPluginName {
  return Object.hasOwn(PLUGIN_SCHEMAS, name);
}

function unknownText(name: string, report: DocumentReport): string {
  const known = Object.keys(PLUGIN_SCHEMAS);
  const shown = JSON.stringify(name.length <= 60 ? name : `${name.slice(0, 57)}…`);
  const uncarried = uncarriedPlugin(name);
  if (uncarried !== undefined) return `is ${name}, which ${uncarried}`;
  const mend = nearest(name, [...known, ...UNCARRIED_PLUGIN_NAMES], report);
  return mend === '.'
    ? `is ${shown}, which is no plugin of Kong; Lua of your own is not run here. There are ${known.join(', ')}.`
    : `is ${shown}, which is no plugin of Kong${mend}`;
}

type Scopes = Pick<KongPlugin, 'route' | 'service' | 'consumer'>;

function scopesOf(
  declared: DeclaredEntity,
  { route, service, consumer }: { readonly [scope in keyof Scopes]: Parameters<typeof ownerOf>[2] },
  load: EntityLoad,
): Scopes | undefined {
  const owners = [
    ownerOf(declared, 'routes', route, load),
    ownerOf(declared, 'services', service, load),
    ownerOf(declared, 'consumers', consumer, load),
  ] as const;
  const [onRoute, onService, onConsumer] = owners;
  if (onRoute === FAULT || onService === FAULT || onConsumer === FAULT) return undefined;
  const idOf = (owner: DeclaredEntity | undefined) =>
    owner === undefined ? undefined : load.registry.idOf(owner);
  return { route: idOf(onRoute), service: idOf(onService), consumer: idOf(onConsumer) };
}

/** Protocols of streams beside those of HTTP do no harm, and are defaults in decK's dumps: no stream ever comes. */
function carriedProtocols(
  given: readonly string[],
  node: MapNode,
  reading: Reading,
): readonly KongProtocol[] | undefined {
  const carried = HTTP_PROTOCOLS.filter((protocol) => given.includes(protocol));
  const at = reading.member('protocols');
  const others = given.filter((protocol) => !(HTTP_PROTOCOLS as readonly string[]).includes(protocol));
  if (carried.length === 0) {
    at.fail(
      node,
      `has ${others.join(', ')} alone, which are not carried here; must have one of ${HTTP_PROTOCOLS.join(', ')}.`,
    );
    return undefined;
  }
  return carried;
}
