/**
 * Whether a route with these methods takes a request with that one; `undefined` is every method.
 * A route for GET also serves HEAD (RFC 9110, section 9.3.2), as in Express.
 */
export function takesMethod(methods: ReadonlySet<string> | undefined, method: string): boolean {
  return methods === undefined || methods.has(method) || (method === 'HEAD' && methods.has('GET'));
}
