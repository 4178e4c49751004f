/** Where a key can be put. */
export const KEY_FORMS = ['file', 'env', 'redis'] as const;
export type KeyForm = (typeof KEY_FORMS)[number];

/** A key that was made, as the gateway will hold it. */
export interface NewKey {
  readonly consumer: { readonly id: string; readonly plan?: string };
  readonly key: {
    readonly id: string;
    readonly digest: string;
    readonly scopes?: readonly string[];
    readonly expiresAt?: string;
  };
}

/** What goes into the configuration, and where it goes. */
export function keyText(
  { consumer, key }: NewKey,
  form: KeyForm,
): { readonly text: string; readonly note: string } {
  switch (form) {
    case 'file':
      return {
        text: JSON.stringify({ ...consumer, apiKeys: [key] }, null, 2),
        note: 'The rest goes into the list "consumers" of CONSUMERS_FILE, or its key into that of a consumer there is.',
      };
    case 'env':
      return {
        text: [`${consumer.id}:${key.digest}`, ...(key.scopes ?? [])].join(' '),
        note: 'The rest is a line of API_KEYS, or of the file that API_KEYS_FILE names.',
      };
    case 'redis': {
      const { digest, ...record } = key;
      const name = digest.replace('sha256:', 'portcullis:api-key:');
      return {
        text: `redis-cli SET ${name} ${quoted(JSON.stringify({ consumer, ...record }))}`,
        note: 'The rest is the command that puts it into Redis.',
      };
    }
  }
}

/** One word of a shell's. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
