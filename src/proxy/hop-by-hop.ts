/**
 * Fields that speak to the next hop only, one row each with the section that says so.
 *
 * `Proxy-Authenticate` and `Proxy-Authorization` have no row: RFC 9110 (sections 7.6.1 and 11.7) no longer counts
 * them as hop-by-hop, and a proxy may relay them. `Content-Length` has none either: it is framing, and whoever
 * frames a message writes it anew.
 */
const HOP_BY_HOP_ROWS = [
  ['connection', 'RFC 9110, section 7.6.1; the fields it names go with it'],
  ['keep-alive', 'RFC 9110, section 7.6.1; RFC 2068, section 19.7.1'],
  ['proxy-connection', 'RFC 9110, section 7.6.1; RFC 9112, appendix C.2.2'],
  ['te', 'RFC 9110, sections 7.6.1 and 10.1.4'],
  ['transfer-encoding', 'RFC 9110, section 7.6.1; RFC 9112, section 6.1'],
  ['upgrade', 'RFC 9110, sections 7.6.1 and 7.8'],
  ['http2-settings', 'RFC 7540, section 3.2.1'],
  ['trailer', 'RFC 9110, section 6.6.2: it is written anew from the trailers that may pass'],
] as const;

/** The lower-case names of {@link HOP_BY_HOP_ROWS}; the names listed in `Connection` come on top, per message. */
export const HOP_BY_HOP: ReadonlySet<string> = new Set(HOP_BY_HOP_ROWS.map(([name]) => name));
