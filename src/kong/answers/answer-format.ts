import { joinedHeader, type RawHeaders } from '../../contracts/raw-headers.js';

/** The forms in which Kong writes errors. */
export type AnswerFormat = 'json' | 'html' | 'xml' | 'plain' | 'grpc';

/** The second half of a media type → the form. Kong looks at no first half beyond the two wildcards. */
const BY_SUBTYPE: Readonly<Record<string, AnswerFormat>> = {
  json: 'json',
  html: 'html',
  xml: 'xml',
  plain: 'plain',
};
const WILDCARDS: Readonly<Record<string, AnswerFormat>> = {
  'application/*': 'json',
  'text/*': 'plain',
  '*/*': 'json',
};

/** The form a client asks for: the one it likes best by `Accept` (RFC 9110, section 12.5.1), JSON where it names none of them. */
export function answerFormat(headers: RawHeaders): AnswerFormat {
  if (joinedHeader(headers, 'content-type')?.startsWith('application/grpc') === true) return 'grpc';
  const accept = joinedHeader(headers, 'accept');
  if (accept === undefined) return 'json';
  let best: AnswerFormat = 'json';
  let bestQuality = 0;
  for (const range of accept.split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const format = WILDCARDS[type] ?? BY_SUBTYPE[type.slice(type.indexOf('/') + 1)];
    const quality = qualityOf(parameters);
    if (format === undefined || quality <= bestQuality) continue;
    best = format;
    bestQuality = quality;
  }
  return best;
}

function qualityOf(parameters: readonly string[]): number {
  const given = parameters.find((parameter) => parameter.startsWith('q='));
  if (given === undefined) return 1;
  const quality = Number(given.slice(2));
  return quality >= 0 && quality <= 1 ? quality : 0;
}
