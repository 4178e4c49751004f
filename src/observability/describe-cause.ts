export interface CauseFields {
  readonly name: string;
  readonly code?: string;
  readonly message?: string;
  readonly stack?: string;
}

const MESSAGE_LIMIT = 500;

// A token has two dots and starts with the base64url of `{"`; a credential follows its scheme; an API key of ours has
// its own prefix and length.
const CREDENTIALS = /eyJ[\w-]*(\.[\w-]*){1,4}|\b(Bearer|Basic)\s+[^\s"',]+|pk_[0-9a-z]{49}/gi;

/**
 * What may be logged of an error's cause. Only name, code and message are read: other fields of errors hold requests,
 * bodies and options. What looks like a credential is struck out.
 */
export function describeCause(cause: unknown, withStack: boolean): CauseFields {
  if (!(cause instanceof Error)) return { name: typeof cause };
  const code = (cause as NodeJS.ErrnoException).code;
  return {
    name: cause.name,
    ...(typeof code === 'string' ? { code } : {}),
    // The message of a JSON syntax error quotes the body it failed on.
    ...(cause instanceof SyntaxError
      ? {}
      : { message: withoutCredentials(cause.message).slice(0, MESSAGE_LIMIT) }),
    ...(withStack && cause.stack !== undefined ? { stack: framesOf(cause.stack) } : {}),
  };
}

/** Strikes out what looks like a token or credential. */
export function withoutCredentials(text: string): string {
  return text.replace(CREDENTIALS, '[credential]');
}

/** The frames alone: the lines above them repeat the message. */
function framesOf(stack: string): string {
  const first = stack.search(/^\s+at /m);
  return first < 0 ? '' : stack.slice(first).trim();
}
