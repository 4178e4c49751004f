/** Numbers between 0 and 1, the same for the same seed. */
export type Random = () => number;

const pick = <T>(random: Random, list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
const upTo = (random: Random, most: number): number => Math.floor(random() * (most + 1));

/** Lines that frame a message, name a host or speak to the connection: what a damaged request is told twice. */
const LINES = [
  ...[
    'Content-Length: 5',
    'Content-Length: 0',
    'Content-Length: 5, 5',
    'Content-Length: +5',
    'Content-Length:',
    'Content-Length: 0x5',
  ],
  ...[
    'Content-Length: 99999999999999999999',
    'Content-Length : 5',
    ' Content-Length: 5',
    'Content_Length: 5',
    'content-length: 50',
  ],
  ...[
    'Transfer-Encoding: chunked',
    'Transfer-Encoding: gzip',
    'Transfer-Encoding: chunked, chunked',
    'Transfer-Encoding : chunked',
  ],
  ...[
    'Transfer-Encoding: \x0bchunked',
    'Transfer-Encoding: identity',
    'transfer-encoding: CHUNKED',
    'Transfer-Encoding:',
  ],
  ...['Host: other', 'Host:', 'Host: a@b', 'Host: gateway', 'Host : gateway', 'host: [::1]'],
  ...[
    'Connection: close',
    'Connection: keep-alive',
    'Connection: Content-Length',
    'Connection: Host, X-A',
    'Connection: Upgrade',
  ],
  ...[
    'Upgrade: h2c',
    'Upgrade: websocket',
    'Connection: Upgrade\r\nUpgrade: h2c',
    'Expect: 100-continue',
    'Expect: x',
    'TE: trailers',
    'Trailer: X-Sum',
  ],
  ...[
    'X-Forwarded-For: 10.0.0.1',
    'X-A: \u00ff',
    'X-A: a\0b',
    'X-A: a\rb',
    'X-A: a\nb',
    'X-A: \x7f',
    ': b',
    'X-A',
    'X A: b',
    '\tX-A: b',
  ],
] as const;

const SCRAPS = [
  ...[
    '\r',
    '\n',
    '\r\n',
    '\n\n',
    '\r\r',
    '\r\n\r\n',
    '\r\n ',
    ' ',
    '\t',
    '\0',
    '\x0b',
    '\x7f',
    '\u0080',
    '\u00ff',
    ':',
    ';',
    ',',
    '%',
    '#',
    '?',
  ],
  ...[
    '/',
    '//',
    '/../',
    '%2e%2e/',
    '%2f',
    '%00',
    '\\',
    '*',
    '"',
    '0',
    '0\r\n\r\n',
    '5\r\nhello\r\n',
    '-',
    '+',
    '0x',
    ' HTTP/1.1\r\n',
  ],
  ...[
    'GET / HTTP/1.1\r\nHost: gateway\r\n\r\n',
    'HTTP/1.1 200 OK\r\n\r\n',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    'HTTP/1.0',
    'HTTP/2.0',
    'get',
  ],
] as const;

const FIELDS = [
  'User-Agent: a/1.0 (b)',
  'Accept: */*',
  'Cookie: a=b; c="d"',
  'X-A: b',
  'x-a:\tc ',
  'X-Empty:',
  'X-\u0060~: \u00e4',
] as const;

/** A body and the lines that frame it. */
function body(random: Random): { line: string; text: string } {
  const bytes = (most: number): string =>
    Array.from({ length: upTo(random, most) }, () => String.fromCharCode(upTo(random, 255))).join('');
  const kind = random();
  if (kind < 0.5) {
    const text = kind < 0.1 ? 'GET /inner HTTP/1.1\r\nHost: inner\r\n\r\n' : bytes(200);
    return { line: `Content-Length: ${text.length}`, text };
  }
  const chunks = Array.from({ length: upTo(random, 3) }, () => `x${bytes(60)}`);
  const extension = (): string => pick(random, ['', '', '', ';a', ';a=b', ';a="b"']);
  const written = chunks.map((chunk) => `${chunk.length.toString(16)}${extension()}\r\n${chunk}\r\n`);
  const trailers = pick(random, ['', '', '', 'X-Sum: 1\r\n', 'Content-Length: 5\r\n', 'Cookie: a=b\r\n']);
  return {
    line: 'Transfer-Encoding: chunked',
    text: `${written.join('')}0${extension()}\r\n${trailers}\r\n`,
  };
}

/** A request to which nobody could object. */
function soundRequest(random: Random, path: string): string {
  const method = pick(random, [
    'GET',
    'GET',
    'GET',
    'HEAD',
    'POST',
    'POST',
    'PUT',
    'DELETE',
    'OPTIONS',
    'PATCH',
  ]);
  const target = path + pick(random, ['', '', '/a', '/%61/%c3%a4', '?x=1&y=[]', '/a;b=c?', '/']);
  const form = random() < 0.05 ? `http://gateway${target}` : target;
  const version = random() < 0.05 ? 'HTTP/1.0' : 'HTTP/1.1';
  const lines = [`${method} ${form} ${version}`, 'Host: gateway'];
  for (let i = upTo(random, 3); i > 0; i--) lines.push(pick(random, FIELDS));
  if (random() < 0.05) lines.push('Connection: close');
  const carries = version === 'HTTP/1.1' && (method.startsWith('P') || random() < 0.1);
  if (!carries) return `${lines.join('\r\n')}\r\n\r\n`;
  const { line, text } = body(random);
  if (random() < 0.1) lines.push('Expect: 100-continue');
  lines.splice(1 + upTo(random, lines.length - 1), 0, line);
  return `${lines.join('\r\n')}\r\n\r\n${text}`;
}

type Mutation = (text: string, random: Random, other: string) => string;

const cutOut = (text: string, at: number, bytes: number, inserted = ''): string =>
  text.slice(0, at) + inserted + text.slice(at + bytes);

/** Some lines of the head changed: body bytes stay where they are. */
function onLines(text: string, change: (lines: string[]) => void): string {
  const end = text.indexOf('\r\n\r\n');
  const lines = text.slice(0, end < 0 ? text.length : end).split('\r\n');
  change(lines);
  return lines.join('\r\n') + (end < 0 ? '' : text.slice(end));
}

const MUTATIONS: readonly Mutation[] = [
  // One byte is another.
  (text, random) => cutOut(text, upTo(random, text.length), 1, String.fromCharCode(upTo(random, 255))),
  // One bit is.
  (text, random) => {
    const at = upTo(random, text.length - 1);
    return cutOut(text, at, 1, String.fromCharCode((text.charCodeAt(at) ^ (1 << upTo(random, 7))) & 255));
  },
  // Some bytes are lost.
  (text, random) => cutOut(text, upTo(random, text.length), 1 + upTo(random, 7)),
  // Something stands where nothing did.
  (text, random) => cutOut(text, upTo(random, text.length), 0, pick(random, SCRAPS)),
  (text, random) => cutOut(text, upTo(random, text.length), upTo(random, 4), pick(random, SCRAPS)),
  // A part comes twice.
  (text, random) => {
    const at = upTo(random, text.length);
    return cutOut(text, at, 0, text.slice(at, at + upTo(random, 40)));
  },
  // The end is missing.
  (text, random) => text.slice(0, upTo(random, text.length)),
  // The end is another's.
  (text, random, other) => text.slice(0, upTo(random, text.length)) + other.slice(upTo(random, other.length)),
  // One line end, or all of them.
  (text, random) => {
    const ends = [...text.matchAll(/\r\n/g)];
    if (ends.length === 0) return text;
    return cutOut(
      text,
      pick(random, ends).index,
      2,
      pick(random, ['\n', '\r', '\r\r\n', '\n\r', '\r\n\r\n', '\r\n\t', ' \r\n', '\0\r\n']),
    );
  },
  (text, random) => text.replaceAll('\r\n', pick(random, ['\n', '\r', '\r\r\n'])),
  // Lines of the head: more, fewer, twice, in another order or case.
  ...Array.from(
    { length: 3 },
    (): Mutation => (text, random) =>
      onLines(text, (lines) => lines.splice(1 + upTo(random, lines.length - 1), 0, pick(random, LINES))),
  ),
  (text, random) => onLines(text, (lines) => lines.splice(upTo(random, lines.length - 1), 1)),
  (text, random) =>
    onLines(text, (lines) => lines.splice(upTo(random, lines.length), 0, pick(random, lines))),
  (text, random) => onLines(text, (lines) => lines.push(...lines.splice(upTo(random, lines.length - 1), 1))),
  (text, random) =>
    onLines(text, (lines) => {
      const at = upTo(random, lines.length - 1);
      const line = lines[at] as string;
      lines[at] = random() < 0.5 ? line.toUpperCase() : line.toLowerCase();
    }),
  // A length or a chunk size is another.
  (text, random) => text.replace(/Content-Length: \d+/, () => `Content-Length: ${upTo(random, 300)}`),
  (text, random) => text.replace(/\r\n[0-9a-f]+(?=[;\r])/, () => `\r\n${upTo(random, 300).toString(16)}`),
  // Too much of it.
  (text, random) =>
    onLines(text, (lines) => lines.splice(1, 0, `X-Long: ${'x'.repeat(upTo(random, 40_000))}`)),
  (text, random) =>
    onLines(text, (lines) => lines.splice(1, 0, ...Array(upTo(random, 250)).fill('X-Many: x'))),
];

/** Nothing that ever was a request. */
function noise(random: Random): string {
  const letters = pick(random, [
    'GET / HTTP/1.1\r\nHost: x\r\n\r\n',
    '\r\n',
    '\0\u00ff\x16\x03\x01',
    'abc:/ \r\n',
  ]);
  return Array.from({ length: upTo(random, 120) }, () => letters[upTo(random, letters.length - 1)]).join('');
}

/** Bytes for one connection, in the segments they are sent in: one to three requests to a path, most of them damaged. */
export function mutatedRequests(random: Random, path: string): string[] {
  if (random() < 0.02) return segments(random, noise(random));
  let text = '';
  for (let i = pick(random, [1, 1, 1, 2, 3]); i > 0; i--) {
    let request = soundRequest(random, path);
    const damages = pick(random, [0, 1, 1, 1, 1, 2, 3]);
    for (let j = 0; j < damages; j++)
      request = pick(random, MUTATIONS)(request, random, soundRequest(random, path));
    text += request;
  }
  return segments(random, text);
}

/** Cut at a few places, or byte by byte for a while. */
function segments(random: Random, text: string): string[] {
  const kind = random();
  if (kind < 0.6) return [text];
  const cuts =
    kind < 0.97
      ? Array.from({ length: 1 + upTo(random, 4) }, () => upTo(random, text.length))
      : Array.from({ length: 30 }, (_, i) => i);
  const edges = [0, ...cuts.sort((a, b) => a - b), text.length];
  return edges
    .slice(1)
    .map((edge, i) => text.slice(edges[i], edge))
    .filter((segment) => segment !== '');
}
