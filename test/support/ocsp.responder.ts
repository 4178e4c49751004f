import { sign, X509Certificate } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import {
  type CertificateAuthority,
  type Certified,
  SIGNATURE_ALGORITHM,
  tlv,
} from './certificate.authority.js';

const DAY_MS = 86_400_000;

/** What a responder says, where it is not "good, since an hour and for a day, signed by the authority". */
export interface StateOptions {
  readonly state?: 'good' | 'revoked' | 'unknown';
  readonly from?: Date;
  readonly until?: Date;
  /** Signs in the authority's place. */
  readonly delegate?: Certified;
}

/** Says and signs the state of the certificate that a request asks for (RFC 6960, section 4.2.1). */
export function stateOf(
  request: Buffer,
  authority: CertificateAuthority,
  options: StateOptions = {},
): Buffer {
  const {
    state = 'good',
    from = new Date(Date.now() - DAY_MS / 24),
    until = new Date(Date.now() + DAY_MS),
  } = options;
  const { delegate } = options;
  const states = {
    good: tlv(0x80),
    revoked: tlv(0xa1, time(from)),
    unknown: tlv(0x82),
  };
  const single = tlv(0x30, idIn(request), states[state], time(from), tlv(0xa0, time(until)));
  const responder = tlv(0xa2, tlv(0x04, Buffer.alloc(20)));
  const data = tlv(0x30, responder, time(from), tlv(0x30, single));
  const signature = delegate === undefined ? authority.sign(data) : sign('sha256', data, delegate.key);
  const certificates =
    delegate === undefined ? [] : [tlv(0xa0, tlv(0x30, new X509Certificate(delegate.cert).raw))];
  const basic = tlv(0x30, data, SIGNATURE_ALGORITHM, tlv(0x03, Buffer.from([0]), signature), ...certificates);
  const kind = Buffer.from('06092b0601050507300101', 'hex');
  return tlv(0x30, tlv(0x0a, Buffer.from([0])), tlv(0xa0, tlv(0x30, kind, tlv(0x04, basic))));
}

const time = (at: Date): Buffer =>
  tlv(0x18, Buffer.from(at.toISOString().replace(/[-:T]|\.\d+/g, ''), 'latin1'));

/** The CertID of a request with one certificate: it stands five sequences deep, each with a short length. */
const idIn = (request: Buffer): Buffer => request.subarray(8);

/** An authority's responder on loopback. */
export class OcspResponder {
  asked = 0;
  /** May be changed at any time. */
  respond: (request: Buffer) => Buffer | undefined;
  readonly #server: Server;

  private constructor(authority: CertificateAuthority) {
    this.respond = (request) => stateOf(request, authority);
    this.#server = createServer(async (req, res) => {
      const request = await buffer(req);
      this.asked++;
      const answer = this.respond(request);
      res.statusCode = answer === undefined ? 503 : 200;
      res.end(answer);
    });
  }

  static async start(authority: CertificateAuthority): Promise<OcspResponder> {
    const responder = new OcspResponder(authority);
    await new Promise<void>((resolve) => responder.#server.listen(0, '127.0.0.1', resolve));
    return responder;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/ocsp`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
