/** Names by which only this machine itself is called: RFC 6761, section 6.3, and the loopback addresses. */
const LOOPBACK_HOST = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i;

/**
 * Whether a request was sent to a name of this machine.
 *
 * A web page can point a name of its own at 127.0.0.1 and have the browser read what answers there, as if it were its
 * own site (DNS rebinding). The browser then sends the page's name as `Host`.
 */
export function isLoopbackHost(host: string | undefined): boolean {
  return host !== undefined && LOOPBACK_HOST.test(host);
}
