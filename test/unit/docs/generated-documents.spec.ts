import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Module } from '@nestjs/common';
import { createGateway, GatewayModule } from 'portcullis';
import { beforeAll, describe, expect, it } from 'vitest';
import { GATEWAY_ERRORS } from '../../../src/contracts/gateway-error.js';
import type { Policy } from '../../../src/contracts/policy.js';
import { PolicyCatalogue } from '../../../src/framework/compiler/policy.catalogue.js';
import { errorsRegion } from '../../support/documents/errors.region.js';
import { figuresRegion } from '../../support/documents/figures.region.js';
import { fillRegions, type RegionWriter } from '../../support/documents/generated-regions.js';
import { policyRegion } from '../../support/documents/policy.region.js';
import { stagesRegion } from '../../support/documents/stages.region.js';
import { upstreamRegion } from '../../support/documents/upstream.region.js';

const pathOf = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const read = (path: string): string => readFileSync(pathOf(path), 'utf8');
const headings = (document: string, level: string): string[] =>
  [...document.matchAll(new RegExp(`^${level} (.+)$`, 'gm'))].map(([, text]) => text as string);

@Module({ imports: [GatewayModule.forRoot()] })
class BareModule {}

describe('the generated parts of the documents', () => {
  let policies: ReadonlyMap<string, Policy>;
  let writers: Readonly<Record<string, RegionWriter>>;

  beforeAll(async () => {
    const gateway = await createGateway(BareModule, {
      environment: { ACCESS_LOG: 'off', LOG_LEVEL: 'silent' },
    });
    policies = gateway.get(PolicyCatalogue, { strict: false }).byName;
    writers = {
      errors: errorsRegion,
      figures: figuresRegion,
      policy: policyRegion(policies),
      stages: stagesRegion(policies),
      upstream: upstreamRegion,
    };
    await gateway.close();
  });

  it.each(['README.md', 'docs/errors.md', 'docs/policies.md', 'docs/upstreams.md'])(
    '%s is in step with the code: run `npm test -- test/unit/docs -u`',
    async (path) => {
      await expect(fillRegions(read(path), writers)).toMatchFileSnapshot(pathOf(path));
    },
  );

  it('docs/policies.md has a section with its facts for each policy, in the order they run', () => {
    const document = read('docs/policies.md');
    const sections = headings(document, '##').filter((heading) => /^[a-z-]+$/.test(heading));

    expect(sections).toEqual(['correlation-id', ...policies.keys()]);
    for (const name of policies.keys()) expect(document).toContain(`<!-- generated: policy ${name} -->`);
  });

  it('docs/errors.md says what each error means and what to do', () => {
    expect(headings(read('docs/errors.md'), '###')).toEqual(Object.keys(GATEWAY_ERRORS));
  });
});
