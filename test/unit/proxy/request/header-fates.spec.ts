import { describe, expect, it } from 'vitest';
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
    const fates = new HeaderFates(['transfer-encoding', 'x-correlation-id', 'x-*']);

    const fate = ['Transfer-Encoding', 'X-Correlation-ID', 'X-Anything'].map((name) => fates.of(name));

    expect(fate).toEqual(['never', 'ours', 'strip']);
  });

  it('take names that are also properties of every object as plain headers', () => {
    const fates = new HeaderFates();

    const fate = ['__proto__', 'constructor', 'toString'].map((name) => fates.of(name));

    expect(fate).toEqual(['pass', 'pass', 'pass']);
  });
});
