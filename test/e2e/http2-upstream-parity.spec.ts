import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededNumbers } from '../support/faulty.traffic.js';
import { ask, WAYS } from '../support/gateway.harness.js';
import { randomExchange } from '../support/random.exchange.js';
import { SpokenGateway } from '../support/spoken.gateway.js';
import { SPOKEN, type TwoProtocolRespond } from '../support/two-protocol.upstream.js';

const EXCHANGES = process.env['PROOFS'] === undefined ? 150 : 5_000;
const SEED = 20_261_128;

describe.each(WAYS)('one upstream over HTTP/1.1, and over HTTP/2 with and without TLS, %s', (way) => {
  let spoken: SpokenGateway;

  beforeAll(async () => {
    spoken = await SpokenGateway.start(way);
  });

  afterAll(() => spoken.close());

  it.each(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])(
    'is asked by %s alike',
    async (method) => {
      const answer = await spoken.compare([method, '/a/b?c=d&e'], '', (_req, res) => {
        res.setHeader('X-Answer', 'yes');
        res.setHeader('Set-Cookie', ['a=1; Path=/', 'b=2']);
        res.end('body');
      });

      expect(answer.status).toBe(200);
    },
  );

  it('gets fields, cookies and a body alike', async () => {
    const fields = [
      'Cookie: a=1; b=2; c="x y"',
      'X-Twice: 1',
      'X-Twice: 2',
      'Connection: x-hop',
      'X-Hop: gone',
      'TE: trailers',
    ];

    await spoken.compare(['POST', '/body', ...fields, 'Content-Length: 11'], 'hello world', (_req, res) =>
      res.end('thanks'),
    );
    await spoken.compare(
      ['POST', '/body', ...fields, 'Transfer-Encoding: chunked'],
      '5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n',
      (_req, res) => res.end('thanks'),
    );

    expect(spoken.upstream.seen[1]?.body).toBe('hello world');
    expect(spoken.upstream.seen[1]?.fields).toContain('cookie: a=1; b=2; c="x y"');
  });

  it('gets a body that waited for 100 Continue alike', async () => {
    const lines = ['PUT', '/body', 'Expect: 100-continue', 'Content-Length: 11'];

    await spoken.compare(lines, 'hello world', (_req, res) => res.end('thanks'));

    expect(spoken.upstream.seen[1]?.body).toBe('hello world');
  });

  it.each([200, 201, 204, 206, 301, 304, 400, 404, 418, 500, 503])('answers %i alike', async (status) => {
    const answer = await spoken.compare(['GET', '/status'], '', (_req, res) => {
      res.writeHead(status, status === 304 ? { etag: '"1"' } : { 'x-status': String(status) });
      res.end(status === 204 || status === 304 ? undefined : `status ${status}`);
    });

    expect(answer.status).toBe(status);
  });

  it('answers with large bodies alike, announced and not', async () => {
    const large = 'portcullis '.repeat(50_000);
    await spoken.compare(['GET', '/large'], '', (_req, res) => {
      res.setHeader('Content-Length', large.length);
      res.end(large);
    });
    const answer = await spoken.compare(['GET', '/large'], '', (_req, res) => {
      res.write(large.slice(0, 100_000));
      res.end(large.slice(100_000));
    });

    expect(answer.body).toHaveLength(large.length);
  });

  it('passes informational responses and trailers on alike', async () => {
    spoken.upstream.respond = (_req, res) => {
      res.writeEarlyHints({ link: '</style.css>; rel=preload' });
      res.setHeader('Trailer', 'X-Sum');
      res.write('body');
      res.addTrailers({ 'X-Sum': '7' });
      res.end();
    };

    const seen = await Promise.all(SPOKEN.map((name) => withTrailers(spoken.url(name, '/t'))));

    const expected = {
      hints: ['</style.css>; rel=preload'],
      body: 'body',
      trailers: { 'x-sum': '7' },
    };
    expect(seen).toEqual([expected, expected, expected]);
  });

  it('is filtered and joined alike', async () => {
    const respond: TwoProtocolRespond = (_req, res) => {
      res.setHeader('Content-Type', 'application/json');
      res.end('{"id":7,"secret":"x"}');
    };

    const filtered = await spoken.compare(['GET', '/filtered'], '', respond);
    const joined = await spoken.compare(['GET', '/joined'], '', respond);

    expect(filtered.json()).toEqual({ id: 7 });
    expect(joined.json()).toEqual({ joined: { id: 7, secret: 'x' } });
  });

  it(`cannot be told apart in ${EXCHANGES} random exchanges of seed ${SEED}`, async () => {
    const random = seededNumbers(SEED);
    for (let i = 0; i < EXCHANGES; i++) {
      const { lines, body, respond } = randomExchange(random);
      await spoken.compare(lines, body, respond).catch((cause: unknown) => {
        throw new Error(`exchange ${i}: ${JSON.stringify(lines)}`, { cause });
      });
    }
  }, 600_000);

  it.each(['h2c', 'h2'] as const)(
    'loses no request over %s while it goes away again and again',
    async (name) => {
      spoken.upstream.respond = ({ url, body }, res) => void setImmediate(() => res.end(`${url} ${body}`));
      const failed: unknown[] = [];
      let answered = 0;
      let goaways = 0;

      const client = async (id: number): Promise<void> => {
        for (let i = 0; i < 100; i++) {
          const [method, body] = i % 2 === 0 ? ['GET', ''] : ['POST', `body ${i}`];
          const answer = await ask(spoken.url(name, `/${id}/${i}`), { method, body });
          if (answer.text !== `/over-${name}/${id}/${i} ${body}`) failed.push([answer.status, answer.text]);
          if (++answered % 50 === 0) goaways += spoken.upstream.goAway();
        }
      };
      await Promise.all(Array.from({ length: 16 }, (_, id) => client(id)));

      expect(failed).toEqual([]);
      expect(answered).toBe(1_600);
      expect(goaways).toBeGreaterThan(20);
    },
    60_000,
  );
});

/** What a client that takes trailers sees of an answer. */
function withTrailers(url: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const hints: unknown[] = [];
    const request = httpRequest(url, { headers: { TE: 'trailers', Connection: 'TE' }, agent: false });
    request.on('information', ({ headers }) => hints.push(headers['link']));
    request.on('error', reject);
    request.on('response', (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      response.on('end', () => resolve({ hints, body, trailers: response.trailers }));
    });
    request.end();
  });
}
