import { describe, expect, it } from 'vitest';
import type { ForwardedOrigin } from '../../../../src/contracts/forwarded-origin.js';
import { appendForwarding } from '../../../../src/proxy/request/forwarding-headers.js';
import { callFor, valuesOf } from './call.fixture.js';

/** Scheme, host and port as an upstream is told them, when trusted proxies said this. */
function told(forwarded: ForwardedOrigin | undefined): string[] {
  const { exchange } = callFor();
  exchange.forwarded = forwarded;
  const headers: string[] = [];
  appendForwarding(headers, exchange, 'api.example');
  return ['proto', 'host', 'port'].flatMap((part) => valuesOf(headers, `x-forwarded-${part}`));
}

describe('what an upstream is told the client used', () => {
  it('is what it used towards us when no proxy says otherwise', () => {
    expect(told(undefined)).toEqual(['http', 'api.example', '8080']);
    expect(told({ proto: undefined, host: undefined, port: undefined })).toEqual([
      'http',
      'api.example',
      '8080',
    ]);
  });

  it('is what trusted proxies say, part by part', () => {
    expect(told({ proto: 'https', host: 'shop.example', port: '443' })).toEqual([
      'https',
      'shop.example',
      '443',
    ]);
    expect(told({ proto: 'https', host: undefined, port: undefined })).toEqual([
      'https',
      'api.example',
      '8080',
    ]);
    expect(told({ proto: undefined, host: 'shop.example', port: undefined })).toEqual([
      'http',
      'shop.example',
      '8080',
    ]);
  });
});
