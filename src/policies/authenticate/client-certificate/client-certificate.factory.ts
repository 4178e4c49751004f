import { Inject, Injectable, Optional } from '@nestjs/common';
import { CLOCK, type Clock, systemClock } from '../../../contracts/clock.js';
import type { AuthenticationMethod, AuthenticationMethodFactory } from '../authentication-method.js';
import { ConsumerDirectory } from '../consumers/consumer.directory.js';
import { ClientCertificateMethod } from './client-certificate.method.js';
import {
  CLIENT_CERTIFICATE,
  type ClientCertificateOptions,
  clientCertificateProblems,
} from './client-certificate.options.js';

/** Injects whether clients are asked for certificates at all; absent: it is not known. */
export const CLIENTS_SHOW_CERTIFICATES = Symbol('portcullis.clients-show-certificates');

/** Makes the methods that know clients by their certificates: one for each distinct declaration. */
@Injectable()
export class ClientCertificateFactory implements AuthenticationMethodFactory<ClientCertificateOptions> {
  readonly method = CLIENT_CERTIFICATE;
  readonly #made = new Map<string, ClientCertificateMethod>();

  constructor(
    private readonly consumers: ConsumerDirectory,
    @Optional() @Inject(CLOCK) private readonly clock: Clock = systemClock,
    @Optional() @Inject(CLIENTS_SHOW_CERTIFICATES) private readonly asked: boolean = true,
  ) {}

  check(options: ClientCertificateOptions): readonly string[] {
    const problems = clientCertificateProblems(options);
    if (this.asked) return problems;
    return [
      ...problems,
      `${CLIENT_CERTIFICATE} could let nobody in: clients are asked for no certificate; set TLS_CLIENT_CA_FILE.`,
    ];
  }

  create(options: ClientCertificateOptions): AuthenticationMethod {
    const name = JSON.stringify(options);
    let method = this.#made.get(name);
    if (method === undefined) {
      method = new ClientCertificateMethod({ options, consumers: this.consumers, clock: this.clock });
      this.#made.set(name, method);
    }
    return method;
  }

  describe({ accept }: ClientCertificateOptions): string {
    if (accept === 'any') return 'any client certificate';
    if (accept === undefined || accept === 'consumers') return "a consumer's client certificate";
    return `one of ${accept.length} client certificates`;
  }
}
