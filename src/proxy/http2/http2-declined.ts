/** Why a connection carries no HTTP/2: the target did not choose it by ALPN. */
export class Http2Declined extends Error {
  constructor() {
    super('the target did not negotiate HTTP/2 by ALPN');
  }
}
