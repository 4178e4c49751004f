import { clearable, type Field, ignored, matchers, notHere, optional, withDefault } from '../fields/field.js';
import { addressRange, entityName, isHeaderName, isHostPattern } from '../fields/name.kinds.js';
import { prefixFault } from '../fields/path.kinds.js';
import { record } from '../fields/record.kind.js';
import { oneOf, text } from '../fields/text.kinds.js';
import { listOf, mapOf, numberOf, setOf, whole, yesNo } from '../fields/value.kinds.js';
import { protocol } from './protocol.kinds.js';
import { reference } from './reference.kind.js';

const HOST = 'a host name, with * for its first or last label if any, and :port behind it if any';
const EXPRESSIONS =
  'belongs to routes of expressions, which are not carried out here; write methods, hosts, headers and paths.';
const EMPTY_SEGMENTS = 'a path without empty segments (//)';
const addresses = record({ ip: optional(addressRange), port: optional(whole(0, 65_535)) });

/** `example.com`, `*.example.com:8443` */
const hostPattern = text(HOST, (host) => {
  const [, name = '', port] = /^(.*?)(?::(\d{1,5}))?$/s.exec(host) ?? [];
  const sound = isHostPattern(name.toLowerCase()) && (port === undefined || Number(port) <= 65_535);
  return sound ? undefined : HOST;
});

const routePath = text('a path that begins with /, or a regex that begins with ~/', (path) => {
  if (!path.startsWith('~')) return prefixFault(path);
  if (!path.startsWith('~/')) return 'a regex that begins with ~/';
  return path.includes('//') ? EMPTY_SEGMENTS : undefined;
});

/** In 1.1 and 2.1 a regex has no mark, so only the beginning can be wrong. */
const unmarkedPath = text('a path that begins with /', (path) => {
  if (!path.startsWith('/') && !path.startsWith('~/')) return 'a path that begins with /';
  return path.includes('//') ? EMPTY_SEGMENTS : undefined;
});

const sni = text('a host name', (name) =>
  isHostPattern(name.toLowerCase()) ? undefined : 'a host name, without a port',
);

const HEADER_VALUES = listOf(text('a header value'), 1);

function headerFault(name: string): string | undefined {
  if (name.toLowerCase() === 'host') return 'may not be matched as a header; use hosts.';
  return isHeaderName(name) ? undefined : 'is not the name of a header.';
}

/** What a route may be given; `paths` as the format of the file has them. */
export const routeFields = (formatVersion: '1.1' | '2.1' | '3.0') =>
  ({
    name: optional(entityName),
    protocols: withDefault(setOf(protocol, 1), ['http', 'https']),
    methods: matchers(
      setOf(
        text('a method in capitals', (method) =>
          /^[A-Z]+$/.test(method) ? undefined : 'a method in capitals: GET',
        ),
      ),
    ),
    hosts: matchers(setOf(hostPattern)),
    paths: matchers(setOf(formatVersion === '3.0' ? routePath : unmarkedPath)),
    headers: clearable(mapOf(HEADER_VALUES, headerFault), {}) as Field<
      Readonly<Record<string, readonly string[]>>
    >,
    snis: matchers(setOf(sni)),
    sources: matchers(listOf(addresses)),
    destinations: matchers(listOf(addresses)),
    strip_path: optional(yesNo),
    preserve_host: withDefault(yesNo, false),
    regex_priority: clearable(whole(-(2 ** 31), 2 ** 31 - 1), 0),
    path_handling: clearable(oneOf('v0', 'v1'), 'v0'),
    https_redirect_status_code: withDefault(numberOf(426, 301, 302, 307, 308), 426),
    request_buffering: withDefault(yesNo, true),
    response_buffering: withDefault(yesNo, true),
    service: optional(reference('name')),
    expression: notHere(EXPRESSIONS, () => false),
    priority: notHere(EXPRESSIONS, () => false),
    plugins: ignored,
    filter_chains: notHere(
      'is not carried out here: filters in WebAssembly are not run; write a policy in code.',
    ),
  }) as const;
