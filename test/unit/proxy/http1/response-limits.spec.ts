import { describe, expect, it } from 'vitest';
import { loadSettings } from '../../../../src/config/load-settings.js';
import { RESPONSE_LIMIT_DEFAULTS } from '../../../../src/proxy/http1/response-limits.js';

describe('the limits of responses', () => {
  it('are by themselves those of the configuration table', () => {
    expect(RESPONSE_LIMIT_DEFAULTS).toEqual(loadSettings({}).limits.upstream);
  });
});
