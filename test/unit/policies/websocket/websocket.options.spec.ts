import { describe, expect, it } from 'vitest';
import {
  type WebSocketOptions,
  webSocketProblems,
} from '../../../../src/policies/websocket/websocket.options.js';

describe('the options of @WebSocket', () => {
  it.each<WebSocketOptions>([
    {},
    { origins: 'any' },
    { origins: 'same-host' },
    {
      origins: ['https://app.example', 'https://*.app.example:8443', 'http://localhost:3000', 'http://[::1]'],
    },
    { origins: ['capacitor://localhost', 'chrome-extension://abcdefgh'] },
  ])('may be %j', (options) => {
    expect(webSocketProblems(options)).toEqual([]);
  });

  it('have every mistake named at once, each origin by itself', () => {
    const origins = [
      'app.example',
      'https://App.example',
      'https://app.example/',
      'https://app.example:443',
      'wss://app.example',
      'https://*.example',
      'https://a.*.example',
      '*',
      'null',
      7,
      'https://fine.example',
    ];

    const problems = webSocketProblems({ idleMs: -1, origins } as unknown as WebSocketOptions);

    expect(problems).toHaveLength(11);
    expect(problems[0]).toMatch(/^idleMs is -1; must be /);
    expect(problems.slice(1).map((text) => Number(/^origins\[(\d+)\] is /.exec(text)?.[1]))).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
    ]);
    expect(problems[4]).toContain('leave out :443');
    expect(problems[5]).toContain('write https:');
  });

  it.each([[[]], ['https://app.example'], [{}], [null]])('refuse origins that are no list: %j', (origins) => {
    expect(webSocketProblems({ origins } as unknown as WebSocketOptions)).toEqual([
      expect.stringContaining("must be 'same-host', 'any' or a list of origins"),
    ]);
  });
});
