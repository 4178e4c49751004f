/** The methods that get a name in metrics and spans; a client could make up any number of others. */
const METHODS = [
  '_OTHER',
  'GET',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'HEAD',
  'OPTIONS',
  'TRACE',
  'CONNECT',
] as const;

const INDEX = new Map<string, number>(METHODS.map((method, index) => [method, index]));

/** A small number for the method; 0 for an unknown one. */
export const methodIndex = (method: string): number => INDEX.get(method) ?? 0;

/** The method's name in metrics and spans: itself, or `_OTHER` (HTTP semantic conventions). */
export const methodName = (index: number): string => METHODS[index] ?? '_OTHER';
