import { withDefault } from '../fields/field.js';
import { oneOf } from '../fields/text.kinds.js';
import { whole, yesNo } from '../fields/value.kinds.js';
import { pluginSchema } from './plugin-schema.js';

export const requestSizeLimitingSchema = pluginSchema(
  'request-size-limiting',
  {},
  {
    allowed_payload_size: withDefault(whole(0, 2 ** 31), 128),
    size_unit: withDefault(oneOf('megabytes', 'kilobytes', 'bytes'), 'megabytes'),
    require_content_length: withDefault(yesNo, false),
  },
  (config) => ({
    allowedPayloadSize: config.allowed_payload_size,
    sizeUnit: config.size_unit,
    requireContentLength: config.require_content_length,
  }),
);
