import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { SecretText } from '../../../../src/contracts/secret-text.js';
import { atOnce } from '../../../../src/contracts/steps.js';
import type { KongReading } from '../../../../src/kong/document/read-kong-configuration.js';
import {
  packReading,
  type ReadingParcel,
  unpackReading,
} from '../../../../src/kong/document/reading-parcel.js';
import { readBody } from './reading.js';

/** Packed, copied as between two threads, and unpacked. */
function sent(reading: KongReading): KongReading {
  const parcel = packReading(reading);
  const transfer = parcel.pieces?.map(({ buffer }) => buffer) ?? [];
  return atOnce(unpackReading(structuredClone<ReadingParcel>(parcel, { transfer })));
}

const BODY = `
services:
  - {name: a, host: a, routes: [{name: one, paths: [/1]}, {name: two, paths: [/2]}]}
  - {name: b, host: b}
routes: [{name: three, paths: [/3]}]
upstreams: [{name: a, targets: [{target: "t:1", weight: 3}]}]
consumers:
  - username: ann
    keyauth_credentials: [{key: first-canary}, {key: second-canary}]
    jwt_secrets: [{key: k, secret: third-canary}]
plugins:
  - {name: http-log, config: {http_endpoint: "http://u:fourth-canary@h", headers: {X-Key: fifth-canary}}}`;

describe('a reading between two threads', () => {
  it('comes as it was sent', () => {
    const reading = readBody(BODY);

    expect(inspect(sent(reading), { depth: null })).toBe(inspect(reading, { depth: null }));
  });

  it('keeps secrets, and keeps them hidden', () => {
    const { configuration } = sent(readBody(BODY));

    const [ann] = configuration?.consumers ?? [];
    const [log] = configuration?.plugins ?? [];
    expect(ann?.keyAuthCredentials.map(({ key }) => key.reveal())).toEqual(['first-canary', 'second-canary']);
    expect(ann?.jwtSecrets[0]?.secret).toBeInstanceOf(SecretText);
    expect(log?.config).toMatchObject({ headers: { 'X-Key': new SecretText('fifth-canary') } });
    expect(inspect(configuration, { depth: null })).not.toContain('canary');
  });

  it('has one service for all routes of it', () => {
    const { configuration } = sent(readBody(BODY));

    const { services = [], routes = [] } = configuration ?? {};
    expect(routes.map(({ service }) => services.indexOf(service as never))).toEqual([0, 0, -1]);
  });

  it('is whole however many pieces it takes, in its order', () => {
    const names = Array.from({ length: 1_001 }, (_, i) => `s${i}`);

    const { configuration } = sent(
      readBody(`services: [${names.map((name) => `{name: ${name}, host: h}`)}]`),
    );

    expect(configuration?.services.map(({ name }) => name)).toEqual(names);
  });

  it('tells what was wrong where there is no configuration, with what is sound of it', () => {
    const reading = readBody('services: [{name: a, hots: b}]\nroutes: [{paths: ["~/a"]}]');

    expect(sent(reading)).toEqual(reading);
    expect(reading.problems).toHaveLength(1);
    expect(reading.configuration).toBeUndefined();
    expect(reading.remainder?.routes).toHaveLength(1);
  });

  it('has nothing but what was wrong of a file that cannot be read', () => {
    const reading = readBody('services: [');

    expect(sent(reading)).toEqual(reading);
    expect(reading.remainder).toBeUndefined();
  });
});
