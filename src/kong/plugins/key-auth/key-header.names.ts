/** The headers in which a key of this name comes: Kong finds `api_key` in `api-key` too. */
export const keyHeaderNames = (name: string): readonly string[] => [
  ...new Set([name, name.replaceAll('_', '-')]),
];
