import { once } from 'node:events';
import { connect } from 'node:net';

const CONNECTIONS = 16;
/** Requests that a connection carries at a time. */
const PIPELINED = 8;
const ANSWERED = 'HTTP/1.1 200 ';

/**
 * Asks for so many paths as fast as it goes, some at a time.
 *
 * @throws Error when one is not answered with 200
 */
export async function flood(port: number, count: number, pathOf: (i: number) => string): Promise<void> {
  let next = 0;
  const ask = async (): Promise<void> => {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    await once(socket, 'connect');
    socket.setEncoding('latin1');
    while (next < count) {
      const paths: string[] = [];
      while (next < count && paths.length < PIPELINED) paths.push(pathOf(next++));
      socket.write(paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: gw\r\n\r\n`).join(''));
      let text = '';
      while (text.split('HTTP/1.1 ').length <= paths.length || !text.endsWith('}')) {
        text += (await once(socket, 'data'))[0] as string;
      }
      const answered = text.split(ANSWERED).length - 1;
      if (answered !== paths.length) throw new Error(`Not all are answered with 200: ${text}`);
    }
    socket.destroy();
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, ask));
}
