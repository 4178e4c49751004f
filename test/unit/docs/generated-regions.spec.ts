import { describe, expect, it } from 'vitest';
import { fillRegions } from '../../support/documents/generated-regions.js';

const DOCUMENT = [
  'Before.',
  '',
  '<!-- generated: policy rate-limit -->',
  '',
  'what the code said last year',
  '',
  '<!-- end of generated -->',
  '',
  'After.',
  '',
].join('\n');

describe('a generated region', () => {
  it('is written anew from its name and words, and nothing around it is touched', () => {
    const filled = fillRegions(DOCUMENT, { policy: (name) => `about ${name}` });

    expect(filled).toBe(DOCUMENT.replace('what the code said last year', 'about rate-limit'));
  });

  it('is the same after a second time', () => {
    const once = fillRegions(DOCUMENT, { policy: () => 'text' });

    expect(fillRegions(once, { policy: () => 'text' })).toBe(once);
  });

  it('is refused when nothing writes it, and a document without any is refused too', () => {
    expect(() => fillRegions(DOCUMENT, {})).toThrow('Nothing writes the region "policy rate-limit".');
    expect(() => fillRegions('Only prose.\n', {})).toThrow('no generated region');
  });
});
