import { type BlockList, isIP } from 'node:net';
import { z } from 'zod';
import { calloutUrlFault } from '../contracts/callout-url.js';
import { REDIS_URL_FORMS, readRedisUrl } from '../contracts/redis-address.js';
import { trustedProxies } from './trusted-proxies.js';

/** What a variable may hold: how it is called in the documents, and the zod schema from text to value. */
export interface SettingKind<T> {
  readonly type: string;
  /** Completes "must be …". */
  readonly allowed: string;
  readonly unit: string | undefined;
  readonly schema: z.ZodType<T, string>;
}

export function wholeNumber(min: number, max: number, unit?: string, note = ''): SettingKind<number> {
  return {
    type: 'whole number',
    allowed: `a whole number, ${min}–${max}${note}`,
    unit,
    schema: z
      .string()
      .regex(/^\d{1,15}$/)
      .transform(Number)
      .pipe(z.number().min(min).max(max)),
  };
}

export const port: SettingKind<number> = {
  ...wholeNumber(0, 65_535, undefined, ' (0 takes any free port)'),
  type: 'port',
};

/** A port that others are told of. */
export const publicPort: SettingKind<number> = { ...wholeNumber(1, 65_535), type: 'port' };

/** A clock that 0 switches off. Node keeps timers in 31 bits. */
export const milliseconds = wholeNumber(0, 2_147_483_647, 'ms', ' (0 switches it off)');
export const span = wholeNumber(0, 2_147_483_647, 'ms');

export function choice<const T extends string>(...values: readonly T[]): SettingKind<T> {
  return {
    type: 'choice',
    allowed: values.map((value) => `\`${value}\``).join(', '),
    unit: undefined,
    schema: z.string().pipe(z.enum(values as unknown as [T, ...T[]])),
  };
}

export function text(allowed: string, pattern: RegExp): SettingKind<string> {
  return { type: 'text', allowed, unit: undefined, schema: z.string().regex(pattern) };
}

/** A secret of at least this many bytes (UTF-8). */
export function secret(minBytes: number, pattern = /^/): SettingKind<string> {
  return {
    type: 'secret',
    allowed: minBytes === 1 ? 'a text that is not empty' : `at least ${minBytes} bytes`,
    unit: undefined,
    schema: z
      .string()
      .regex(pattern)
      .refine((value) => Buffer.byteLength(value) >= minBytes),
  };
}

const HOST_NAME =
  /^(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$/;

export const host: SettingKind<string> = {
  type: 'address',
  allowed: 'an IP address or a host name',
  unit: undefined,
  schema: z
    .string()
    .refine((value) => isIP(value) !== 0 || (HOST_NAME.test(value) && !/^[\d.]+$/.test(value))),
};

/** Comma-separated words; blanks around them are dropped, empty and repeated ones are not accepted. */
const words = z
  .string()
  .transform((value) => value.split(',').map((word) => word.trim()))
  .refine((list) => list.every((word) => word !== '') && new Set(list).size === list.length);

export const wordList: SettingKind<readonly string[]> = {
  type: 'list',
  allowed: 'a comma-separated list without empty or repeated entries',
  unit: undefined,
  schema: words,
};

export function choiceList<const T extends string>(...values: readonly T[]): SettingKind<readonly T[]> {
  return {
    type: 'list',
    allowed: `a comma-separated list of ${values.join(', ')}`,
    unit: undefined,
    schema: words.pipe(z.array(z.enum(values as unknown as [T, ...T[]]))),
  };
}

export const proxyList: SettingKind<BlockList> = {
  type: 'list',
  allowed: 'a comma-separated list of IP addresses and CIDR ranges',
  unit: undefined,
  schema: words.transform((ranges, context) => {
    try {
      return trustedProxies(ranges);
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message });
      return z.NEVER;
    }
  }),
};

/** Read line by line by whoever knows consumers. */
export const keyLines: SettingKind<string> = { ...secret(1), allowed: 'lines of `consumer:sha256:digest`' };

/** Kept as text, so that nothing but the connection holds its password open. */
export const redisUrl: SettingKind<string> = {
  type: 'secret',
  allowed: REDIS_URL_FORMS,
  unit: undefined,
  schema: z.string().refine((value) => readRedisUrl(value) !== undefined),
};

/** Keys fetched without TLS could be anyone's: plain http is only for the same machine. */
export const keySetUrl: SettingKind<string> = {
  type: 'URL',
  allowed: 'an https:// URL without credentials (http:// only for a loopback host)',
  unit: undefined,
  schema: z.string().refine((value) => calloutUrlFault(value, 'loopback') === undefined),
};
