import { CLAIMS, encode, good, headerOf, type Json, partsOf, signed, signerNamed } from './jws.maker.js';
import type { JwsCase } from './jws-case.js';

const signer = signerNamed('HS256');
const other = signerNamed('ES256');
const header = headerOf(signer);
const [head, body, signature] = partsOf(good(signer));

/** The same characters with the bits that no byte uses set. */
function loose(part: string): string {
  const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return part.slice(0, -1) + ALPHABET[ALPHABET.indexOf(part.at(-1) as string) ^ 1];
}

/** A header whose length leaves such bits. */
const uneven = signed(
  signer,
  `${JSON.stringify(header)}${' '.repeat((3 - ((JSON.stringify(header).length + 2) % 3)) % 3)}`,
);

/** The envelope: signed or not, no such text is a token. */
const ENVELOPES: Readonly<Record<string, string>> = {
  'no character': '',
  'one part': head,
  'two parts': `${head}.${body}`,
  'four parts': `${head}.${body}.${signature}.x`,
  'an empty fourth part': `${head}.${body}.${signature}.`,
  'five parts': `${encode({ alg: 'dir', enc: 'A256GCM' })}..${encode('iv-iv-iv-iv!')}.${body}.${encode('0123456789abcdef')}`,
  'five parts with a key to unwrap, dearly': `${encode({ alg: 'PBES2-HS512+A256KW', enc: 'A256GCM', p2c: 2_147_483_647, p2s: 'AAAA' })}.${signature}.${encode('iv-iv-iv-iv!')}.${body}.${signature}`,
  'five parts that are compressed': `${encode({ alg: 'dir', enc: 'A256GCM', zip: 'DEF' })}..${encode('iv-iv-iv-iv!')}.${encode(Buffer.alloc(2_000))}.${signature}`,
  'two dots alone': '..',
  'no header': `.${body}.${signature}`,
  'no payload': `${head}..${signature}`,
  'a blank in front': ` ${good(signer)}`,
  'a blank behind': `${good(signer)} `,
  'a line end behind': `${good(signer)}\n`,
  'a blank in the header': `${head.slice(0, 8)} ${head.slice(8)}.${body}.${signature}`,
  'a line end in the payload': `${head}.${body.slice(0, 8)}\n${body.slice(8)}.${signature}`,
  'a blank in the signature': `${head}.${body}.${signature.slice(0, 8)} ${signature.slice(8)}`,
  'a NUL behind the signature': `${head}.${body}.${signature}\0`,
  'padding behind the signature': `${head}.${body}.${signature}=`,
  'padding behind the header': `${head}=.${body}.${signature}`,
  'padding behind the payload': `${head}.${body}==.${signature}`,
  'the other alphabet': `${head}.${body}.${'+/'.repeat(21)}A`,
  'a percent sign': `${head}.${body}.${signature}%3D`,
  'a letter beyond ASCII': `${head}.${body}.${signature.slice(0, -1)}Ａ`,
  'loose bits in the signature': `${head}.${body}.${loose(signature)}`,
  'a part of a length that no bytes have': `${head}.${body}.${signature}AA`,
  'the JSON serialisation': JSON.stringify({ payload: body, protected: head, signature }),
  'the general JSON serialisation': JSON.stringify({
    payload: body,
    signatures: [{ protected: head, signature }],
  }),
  'the same twice, with a comma': `${good(signer)},${good(signer)}`,
  'more characters than are looked at': signed(signer, header, { ...CLAIMS, filling: 'x'.repeat(16_384) }),
  'a detached payload': `${head}..${partsOf(signed(signer, header, ''))[2]}`,
};

const text = JSON.stringify(header).slice(1, -1);
const nested = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;

/** Headers that are signed all right and yet must not be believed. */
const HEADERS: Readonly<Record<string, unknown>> = {
  'that is a list': [header],
  'that is a text': '"HS256"',
  'that is a number': '1',
  'that is null': 'null',
  'that is empty': '{}',
  'that is no JSON': 'HS256',
  'with a comma at its end': `{${text},}`,
  'with something behind it': `{${text}}{}`,
  'with a comment': `{/**/${text}}`,
  'with names in single quotes': `{'alg':'HS256'}`,
  'behind a byte order mark': `\ufeff{${text}}`,
  'in UTF-16': Buffer.from(`{${text}}`, 'utf16le'),
  'that is not UTF-8': Buffer.concat([Buffer.from(`{${text},"x":"`), Buffer.from([0xff]), Buffer.from('"}')]),
  'with the same alg twice': `{${text},"alg":"HS256"}`,
  'with none behind its alg': `{${text},"alg":"none"}`,
  'with none in front of its alg': `{"alg":"none",${text}}`,
  'with alg twice, once escaped': `{${text},"\\u0061lg":"none"}`,
  'with kid twice': `{${text},"kid":"x"}`,
  'with a member twice further in': `{${text},"x":{"y":1,"y":2}}`,
  'nested 40 deep': `{${text},"x":${nested(40)}}`,
  'nested 1,000 deep': `{${text},"x":${nested(1_000)}}`,
  'with crit for what nobody knows': { ...header, crit: ['x'], x: 1 },
  'with crit for exp': { ...header, crit: ['exp'], exp: 1 },
  'with crit for alg': { ...header, crit: ['alg'] },
  'with an empty crit': { ...header, crit: [] },
  'with crit that is no list': { ...header, crit: 'b64' },
  'with crit that is null': { ...header, crit: null },
  'with b64 in crit': { ...header, crit: ['b64'], b64: false },
  'with b64 that is true, in crit': { ...header, crit: ['b64'], b64: true },
  'with b64 alone': { ...header, b64: false },
  'of the type JWE': { ...header, typ: 'JWE' },
  'of the type of another kind of token': { ...header, typ: 'logout+jwt' },
  'of a type that is a number': { ...header, typ: 1 },
  'of a type that is a list': { ...header, typ: ['JWT'] },
  'without alg': { kid: header['kid'] },
  'with alg null': { ...header, alg: null },
  'with alg empty': { ...header, alg: '' },
  'with alg a number': { ...header, alg: 256 },
  'with alg a list': { ...header, alg: ['HS256'] },
  'with alg an object': { ...header, alg: { HS256: true } },
  'with alg in small letters': { ...header, alg: 'hs256' },
  'with alg and a blank': { ...header, alg: 'HS256 ' },
  'with alg and a NUL': { ...header, alg: 'HS256\0' },
  'with alg __proto__': { ...header, alg: '__proto__' },
  'with alg constructor': { ...header, alg: 'constructor' },
  'with alg HS257': { ...header, alg: 'HS257' },
  'with alg of an encryption': { ...header, alg: 'A256KW' },
  'with alg of another family': { ...header, alg: 'ES256' },
  ...Object.fromEntries(
    ['none', 'None', 'NONE', 'nOnE', 'nonE', ' none', 'none ', 'none\0', 'ｎｏｎｅ'].map((alg) => [
      `with alg ${JSON.stringify(alg)}`,
      { ...header, alg },
    ]),
  ),
};

/** Names of keys that must find nothing, and open nothing. */
const KEY_IDS: Readonly<Record<string, unknown>> = {
  'that leads out of a folder': '../../../../dev/null',
  'that is a file': '/etc/passwd',
  'that is an address': 'http://127.0.0.1:9/key',
  'that is a statement': "' OR 1=1 --",
  'that is a command': '$(id)',
  'with a NUL behind it': `${String(header['kid'])}\0`,
  'with a blank behind it': `${String(header['kid'])} `,
  'in capitals': String(header['kid']).toUpperCase(),
  'that is empty': '',
  'that is __proto__': '__proto__',
  'that is constructor': 'constructor',
  'that is toString': 'toString',
  'that is a number': 1,
  'that is null': null,
  'that is true': true,
  'that is a list with it': [header['kid']],
  'that is an object': { kid: header['kid'] },
  'of 10 KB': 'k'.repeat(10_240),
  'of another key of the set': other.jwk['kid'],
};

/** Members that are none of ours, and harmless. */
const HARMLESS: Readonly<Record<string, Json | string>> = {
  'of the type JWT': { ...header, typ: 'JWT' },
  'of the type at+jwt': { ...header, typ: 'at+jwt' },
  'of the type application/at+jwt': { ...header, typ: 'application/at+jwt' },
  'with blanks in its JSON': `{ "alg" : "HS256" ,\r\n\t"kid" : ${JSON.stringify(header['kid'])} }`,
  'with an escaped letter': JSON.stringify(header).replace('HS256', '\\u0048S256'),
  'with a content type': { ...header, cty: 'example' },
  'with members nobody knows': { ...header, 'https://example.org/x': [1, { y: null }] },
  'with its members in another order': { kid: header['kid'], alg: 'HS256' },
};

const keys: Json = { keys: [signer.jwk, other.jwk] };
const one = (name: string, token: string, valid = false): JwsCase => ({ name, keys, token, valid });

export const FORM_CASES: readonly JwsCase[] = [
  ...Object.entries(ENVELOPES).map(([what, token]) => one(`an envelope of ${what}`, token)),
  one(
    'an envelope with loose bits in the header',
    `${loose(partsOf(uneven)[0])}.${partsOf(uneven)[1]}.${partsOf(uneven)[2]}`,
  ),
  ...Object.entries(HEADERS).map(([what, given]) => one(`a header ${what}`, signed(signer, given))),
  ...['none', 'None', 'NONE', 'nOnE'].map((alg) =>
    one(`no signature, and alg ${alg}`, `${encode({ alg })}.${body}.`),
  ),
  ...Object.entries(KEY_IDS).map(([what, kid]) => one(`a kid ${what}`, signed(signer, { ...header, kid }))),
  ...Object.entries(HARMLESS).map(([what, given]) => one(`a header ${what}`, signed(signer, given), true)),
];
