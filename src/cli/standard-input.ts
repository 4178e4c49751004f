import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';

/** Everything on standard input; at a keyboard one line, which is not shown while it is typed. */
export function readStandardInput(): Promise<string> {
  const { stdin } = process;
  if (!stdin.isTTY) return text(stdin);
  process.stderr.write('Secret: ');
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: stdin, output: nowhere, terminal: true });
  return new Promise((resolve) => {
    let typed = '';
    lines.once('line', (line) => {
      typed = line;
      lines.close();
    });
    lines.once('close', () => {
      process.stderr.write('\n');
      resolve(typed);
    });
  });
}
