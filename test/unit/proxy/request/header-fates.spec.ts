import { describe, expect, it } from 'vitest';
import { IdentityHeaders } from '../../../../src/contracts/identity-headers.js';
import { HeaderFates } from '../../../../src/proxy/request/header-fates.js';

describe('header fates', () => {
  it('stay right after a flood of made-up names has filled what is remembered', () => {
    const fates = new HeaderFates();
    for (let i = 0; i < 5_000; i++) fates.of(`X-Made-Up-${i}`);

    const after = ['AcCePt', 'x-FORWARDED-for', 'X-eNvoy-Peer', 'x_REAL_ip', 'X-Made-Up-4999'].map((name) =>
      fates.of(name),
    );

    expect(after).toEqual(['pass', 'ours', 'strip', 'strip', 'pass']);
  });

  it('are never loosened by a name that is added', () => {
    const fates = new HeaderFates(new IdentityHeaders('transfer-encoding', 'x-correlation-id', 'x-*'));

    const fate = ['Transfer-Encoding', 'X-Correlation-ID', 'X-Anything'].map((name) => fates.of(name));

    expect(fate).toEqual(['never', 'ours', 'strip']);
  });

  it('change for a name that is claimed after its spellings were seen, twins included', () => {
    const identity = new IdentityHeaders('X-Early');
    const fates = new HeaderFates(identity);
    const names = ['X-Tenant-Id', 'x-tenant-id', 'X_Tenant_Id', 'X-Claim-Role', 'x-early', 'Accept'];
    const before = names.map((name) => fates.of(name));

    identity.claim('X-Tenant-Id');
    identity.claim('x-claim-*');

    expect(before).toEqual(['pass', 'pass', 'pass', 'pass', 'strip', 'pass']);
    expect(names.map((name) => fates.of(name))).toEqual([
      'strip',
      'strip',
      'strip',
      'strip',
      'strip',
      'pass',
    ]);
  });

  it('take names that are also properties of every object as plain headers', () => {
    const fates = new HeaderFates();

    const fate = ['__proto__', 'constructor', 'toString'].map((name) => fates.of(name));

    expect(fate).toEqual(['pass', 'pass', 'pass']);
  });
});
