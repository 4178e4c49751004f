import { optional, withDefault } from '../fields/field.js';
import { headerName } from '../fields/name.kinds.js';
import { anyText, text } from '../fields/text.kinds.js';
import { whole, yesNo } from '../fields/value.kinds.js';
import { pluginSchema } from './plugin-schema.js';

export const requestTerminationSchema = pluginSchema(
  'request-termination',
  {},
  {
    status_code: withDefault(whole(100, 599), 503),
    message: optional(anyText),
    content_type: optional(text('a media type')),
    body: optional(anyText),
    echo: withDefault(yesNo, false),
    trigger: optional(headerName),
  },
  (config, node, reading) => {
    const { message, content_type: contentType, body } = config;
    if (message !== undefined && (body !== undefined || contentType !== undefined)) {
      return reading
        .member('message')
        .fail(node, 'stands beside body or content_type; write a message, or a body with its content_type.');
    }
    if (contentType !== undefined && body === undefined) {
      return reading
        .member('content_type')
        .fail(node, 'is of no use without body; write one, or leave it out.');
    }
    if (config.echo && body !== undefined) {
      return reading
        .member('echo')
        .fail(node, 'is true, so the answer is the request; leave body and content_type out.');
    }
    return {
      statusCode: config.status_code,
      message,
      body,
      contentType,
      echo: config.echo,
      trigger: config.trigger,
    };
  },
);
