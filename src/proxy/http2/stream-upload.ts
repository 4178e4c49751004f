import type { ClientHttp2Stream } from 'node:http2';
import type { StreamedBody } from '../../contracts/upstream-request.js';
import { ClientUpload } from '../request/client-upload.js';
import type { UploadOwner } from '../request/upload.js';

/** Sends a client's body on a stream. */
export class StreamUpload extends ClientUpload {
  constructor(
    private readonly stream: ClientHttp2Stream,
    body: StreamedBody,
    owner: UploadOwner,
  ) {
    super(body, owner);
  }

  start(): void {
    this.listen();
  }

  protected write(chunk: Buffer): boolean {
    return this.stream.write(chunk);
  }

  protected end(): void {
    this.stream.end();
  }
}
