import { hashPassword } from '../policies/authenticate/basic/password-hash.js';
import { type Command, EXIT_USAGE, UsageError } from './command.js';

/** `portcullis password hash`: the form in which a consumer's password is written down. */
export const passwordCommand: Command = {
  name: 'password',
  synopsis: 'hash',
  summary: 'reads a password from standard input and prints its scrypt hash, for the list of consumers',
  details: [
    "hash            printf %s 'the password' | portcullis password hash; one line break at its end is dropped",
  ],
  options: {},
  async run({ positionals }, { input, out, err }) {
    if (positionals.length !== 1 || positionals[0] !== 'hash') {
      throw new UsageError('password needs to be told what to do: portcullis password hash');
    }
    const password = (await input()).replace(/\r?\n$/, '');
    const fault = faultOf(password);
    if (fault !== undefined) {
      err(`The password ${fault}.\n`);
      return EXIT_USAGE;
    }
    out(`${await hashPassword(password)}\n`);
    return 0;
  },
};

/** Why nobody could log in with it (RFC 7617, section 2). */
function faultOf(password: string): string | undefined {
  if (password === '') return 'is empty; give one on standard input';
  if (/\p{Cc}/u.test(password)) return 'holds a control character, which HTTP Basic cannot carry';
  return Buffer.byteLength(password) > 1_024 ? 'is over 1024 bytes long' : undefined;
}
