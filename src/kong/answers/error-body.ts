import { UpstreamResponse, WholeBody } from '../../contracts/upstream-response.js';
import type { AnswerFormat } from './answer-format.js';

/** What Kong tells a client of an error. */
export interface KongErrorText {
  readonly status: number;
  readonly message: string | Readonly<Record<string, unknown>>;
  readonly requestId: string;
  /** Flat name/value pairs. */
  readonly headers: readonly string[];
}

/** An error in one of Kong's forms. */
export function errorResponse(format: AnswerFormat, error: KongErrorText): UpstreamResponse {
  switch (format) {
    case 'grpc':
      return grpcResponse(error);
    case 'html':
      return textResponse('text/html; charset=utf-8', htmlText(error), error);
    case 'xml':
      return textResponse('application/xml; charset=utf-8', xmlText(error), error);
    case 'plain':
      return textResponse(
        'text/plain; charset=utf-8',
        `${plain(error)}\nrequest_id: ${error.requestId}\n`,
        error,
      );
    case 'json':
      return textResponse('application/json; charset=utf-8', jsonText(error), error);
  }
}

/** Plain JSON in which `message` stands alone, whatever the client accepts: as some plugins answer. */
export function messageResponse({
  status,
  message,
  headers,
}: Omit<KongErrorText, 'requestId'>): UpstreamResponse {
  const body = JSON.stringify(typeof message === 'string' ? { message } : message);
  return textResponse('application/json; charset=utf-8', body, { status, headers });
}

/** The very layout of Kong's own template, for clients that compare bytes. */
function jsonText({ message, requestId }: KongErrorText): string {
  return `{\n  "message":${JSON.stringify(message)},\n  "request_id":${JSON.stringify(requestId)}\n}`;
}

function htmlText(error: KongErrorText): string {
  return `<!doctype html>
<html>
  <head>
    <meta charset="utf-8">
    <title>Error</title>
  </head>
  <body>
    <h1>Error</h1>
    <p>${escaped(plain(error))}.</p>
    <p>request_id: ${error.requestId}</p>
  </body>
</html>
`;
}

function xmlText(error: KongErrorText): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<error>
  <message>${escaped(plain(error))}</message>
  <requestid>${error.requestId}</requestid>
</error>
`;
}

/** A gRPC client reads status and message from fields; there is no body (gRPC over HTTP/2, Trailers-Only). */
function grpcResponse(error: KongErrorText): UpstreamResponse {
  const headers = [
    'Content-Type',
    'application/grpc',
    'grpc-status',
    String(GRPC_STATUS[error.status] ?? UNKNOWN),
    'grpc-message',
    encodeURIComponent(plain(error)).replaceAll('%20', ' '),
    ...error.headers,
  ];
  return new UpstreamResponse(error.status, headers, new WholeBody(Buffer.alloc(0)));
}

const UNKNOWN = 2;
/** kong/pdk/response.lua, HTTP_TO_GRPC_STATUS. */
const GRPC_STATUS: Readonly<Record<number, number>> = {
  400: 3,
  401: 16,
  403: 7,
  404: 5,
  409: 6,
  429: 8,
  499: 1,
  500: 13,
  501: 12,
  503: 14,
  504: 4,
};

function textResponse(
  type: string,
  text: string,
  { status, headers }: Pick<KongErrorText, 'status' | 'headers'>,
): UpstreamResponse {
  // A plugin may say what its answer is.
  const named = headers.some((name, i) => i % 2 === 0 && name.toLowerCase() === 'content-type');
  const fields = named ? headers : ['Content-Type', type, ...headers];
  return new UpstreamResponse(status, fields, new WholeBody(Buffer.from(text)));
}

function plain({ message }: KongErrorText): string {
  return typeof message === 'string' ? message : JSON.stringify(message);
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
