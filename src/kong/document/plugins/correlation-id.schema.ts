import { withDefault } from '../fields/field.js';
import { headerName } from '../fields/name.kinds.js';
import { oneOf } from '../fields/text.kinds.js';
import { yesNo } from '../fields/value.kinds.js';
import { pluginSchema } from './plugin-schema.js';

export const correlationIdSchema = pluginSchema(
  'correlation-id',
  {},
  {
    header_name: withDefault(headerName, 'Kong-Request-ID'),
    generator: withDefault(oneOf('uuid', 'uuid#counter', 'tracker'), 'uuid#counter'),
    echo_downstream: withDefault(yesNo, false),
  },
  ({ header_name: name, generator, echo_downstream: echo }) => ({
    headerName: name,
    generator,
    echoDownstream: echo,
  }),
);
