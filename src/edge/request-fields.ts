import type { RawHeaders } from '../contracts/raw-headers.js';

/**
 * The few fields that decide how a request is read, found in one pass over all of them.
 *
 * One of these serves all requests, one after the other: what it holds is true until the next {@link read}.
 */
export class RequestFields {
  /** The first `Host`. */
  host: string | undefined;
  hosts = 0;
  /** The first `Content-Length`. */
  length: string | undefined;
  lengths = 0;
  /** The first `Transfer-Encoding`. */
  coding: string | undefined;
  codings = 0;
  /** The first `Expect`. */
  expectation: string | undefined;
  expectations = 0;
  upgrades = false;
  /** The first field in which a proxy speaks of its client, as it is spelled. */
  forwarding: string | undefined;

  read(raw: RawHeaders): void {
    this.host = undefined;
    this.hosts = 0;
    this.length = undefined;
    this.lengths = 0;
    this.coding = undefined;
    this.codings = 0;
    this.expectation = undefined;
    this.expectations = 0;
    this.upgrades = false;
    this.forwarding = undefined;
    for (let i = 0; i < raw.length; i += 2) {
      const name = raw[i] as string;
      switch (name.length) {
        case 4:
          if (name !== 'Host' && !isNamed(name, 'host')) break;
          this.host ??= raw[i + 1] as string;
          this.hosts++;
          break;
        case 6:
          if (!isNamed(name, 'expect')) break;
          this.expectation ??= raw[i + 1] as string;
          this.expectations++;
          break;
        case 7:
          if (isNamed(name, 'upgrade')) this.upgrades = true;
          break;
        case 9:
          if (isNamed(name, 'forwarded')) this.forwarding ??= name;
          break;
        case 14:
          if (!isNamed(name, 'content-length')) break;
          this.length ??= raw[i + 1] as string;
          this.lengths++;
          break;
        case 15:
          if (isNamed(name, 'x-forwarded-for')) this.forwarding ??= name;
          break;
        case 16:
          if (isNamed(name, 'x-forwarded-host') || isNamed(name, 'x-forwarded-port'))
            this.forwarding ??= name;
          break;
        case 17:
          if (isNamed(name, 'transfer-encoding')) {
            this.coding ??= raw[i + 1] as string;
            this.codings++;
          } else if (isNamed(name, 'x-forwarded-proto')) this.forwarding ??= name;
          break;
      }
    }
  }
}

/** Most names that are as long as one of these start with another letter, and folding case costs a new string. */
function isNamed(name: string, lowerCase: string): boolean {
  return (name.charCodeAt(0) | 0x20) === lowerCase.charCodeAt(0) && name.toLowerCase() === lowerCase;
}
