const JSON_TYPE = /^application\/(?:[^\s;,]+\+)?json\s*(?:;|$)/i;

/** Whether a `Content-Type` says JSON: `application/json`, or a type that is written in it (RFC 6839, section 3.1). */
export function isJsonType(type: string | undefined): boolean {
  return type !== undefined && JSON_TYPE.test(type.trim());
}
