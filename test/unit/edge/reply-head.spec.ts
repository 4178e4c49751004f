import { describe, expect, it } from 'vitest';
import { headsAgree } from '../../../src/edge/reply-head.js';

describe('the head that is put on a response', () => {
  it('goes out with its body as node:http would have sent both', () => {
    expect(headsAgree()).toBe(true);
  });
});
