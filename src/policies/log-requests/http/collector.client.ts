import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { ResolvedCollector } from '../log-requests.options.js';

/** An answer's body beyond it costs the connection: nobody reads it. */
const LONGEST_ANSWER = 65_536;
const SOCKETS = 16;

/** Sends batches of records to one collector, over connections that are kept. */
export class CollectorClient {
  readonly #url: URL;
  readonly #agent: HttpAgent | HttpsAgent;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(private readonly options: ResolvedCollector) {
    const { url, keepAliveMs, headers, contentType } = options;
    this.#url = new URL(url);
    const connections = { keepAlive: keepAliveMs > 0, timeout: keepAliveMs, maxSockets: SOCKETS };
    this.#agent = this.#url.protocol === 'https:' ? new HttpsAgent(connections) : new HttpAgent(connections);
    this.#headers = { 'content-type': contentType, ...loginOf(this.#url), ...headers };
    this.#url.username = '';
    this.#url.password = '';
  }

  /** @throws Error when the collector did not take them in time: a status of 300 and above is a failure */
  send(body: string, cancelled: AbortSignal): Promise<void> {
    const { method, timeoutMs } = this.options;
    const request = this.#url.protocol === 'https:' ? httpsRequest : httpRequest;
    const signal = AbortSignal.any([cancelled, AbortSignal.timeout(timeoutMs)]);
    return new Promise((resolve, reject) => {
      const sent = request(this.#url, {
        method,
        agent: this.#agent,
        signal,
        headers: { ...this.#headers, 'content-length': Buffer.byteLength(body) },
      });
      sent.on('error', (error) => {
        reject(signal.aborted && !cancelled.aborted ? new Error(`No answer within ${timeoutMs} ms.`) : error);
      });
      sent.on('response', (answer) => {
        const status = answer.statusCode ?? 0;
        let size = 0;
        // Read to its end, so that the connection can be used again.
        answer.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size > LONGEST_ANSWER) answer.destroy();
        });
        answer.on('error', () => undefined);
        answer.on('close', () => {
          if (status < 300) resolve();
          else reject(new Error(`The collector answered ${status}.`));
        });
      });
      sent.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

function loginOf({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {};
  const login = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { authorization: `Basic ${Buffer.from(login).toString('base64')}` };
}
