import { RESERVED_SETTINGS, SETTING_GROUPS, SETTINGS, type Setting } from './settings.table.js';

const ROWS = Object.entries(SETTINGS) as [string, Setting<unknown>][];

const OPENING = `# Configuration

<!-- Generated from src/config/settings.table.ts by scripts/generate-config-docs.mjs. Do not edit. -->

The gateway is configured by environment variables alone. They are read once, at start; when any of them is wrong,
every problem is listed and the process exits with code 78. An empty variable counts as absent, an empty secret is a
mistake.

A variable marked *secret* can also be given as a file: \`NAME_FILE\` holds the path, the file the secret, and one line
break at its end is ignored. Only one of the two may be set. Secrets are never printed. These files and those of
\`JWT_PUBLIC_KEY_FILE\` and \`IDENTITY_KEY_FILE\` are watched: [a new secret takes effect without a restart](operating.md#rotating-secrets).
`;

const OPEN_TELEMETRY = `## OpenTelemetry

Metrics can always be scraped from \`/metrics\` on the admin port. The standard \`OTEL_*\` variables are read by the
OpenTelemetry SDK itself:

- Spans are recorded when \`OTEL_EXPORTER_OTLP_ENDPOINT\`, \`OTEL_EXPORTER_OTLP_TRACES_ENDPOINT\` or
  \`OTEL_TRACES_EXPORTER\` is set. \`OTEL_TRACES_SAMPLER\` chooses which. Otherwise no span is made, and a client's
  \`traceparent\` passes unchanged.
- Metrics are pushed as well when \`OTEL_EXPORTER_OTLP_ENDPOINT\`, \`OTEL_EXPORTER_OTLP_METRICS_ENDPOINT\` or
  \`OTEL_METRICS_EXPORTER\` is set.
- \`none\` as an exporter, or \`OTEL_SDK_DISABLED=true\`, switches off. The service is called \`portcullis\` unless
  \`OTEL_SERVICE_NAME\` says otherwise.
`;

/** The text of docs/configuration.md, made from the table. */
export function renderConfigurationDocument(): string {
  const sections = Object.entries(SETTING_GROUPS).map(([group, title]) => {
    const rows = ROWS.filter(([, setting]) => setting.group === group).map(documentRow);
    return [
      `## ${title}\n`,
      '| Variable | Default | Allowed | Meaning |',
      '|---|---|---|---|',
      ...rows,
      '',
    ].join('\n');
  });
  const reserved = Object.entries(RESERVED_SETTINGS).map(([name, row]) => `| \`${name}\` | ${row.reason} |`);
  const later = [
    '## Reserved for later\n',
    'These have no effect yet. To set one is refused at start rather than ignored.\n',
    '| Variable | Why |',
    '|---|---|',
    ...reserved,
    '',
  ].join('\n');
  return [OPENING, ...sections, OPEN_TELEMETRY, later].join('\n');
}

function documentRow([name, setting]: [string, Setting<unknown>]): string {
  const unit = setting.kind.unit === undefined ? '' : ` ${setting.kind.unit}`;
  const fallback = setting.default === undefined ? '–' : `\`${setting.default}\`${unit}`;
  const variable = setting.secret ? `\`${name}\` *secret*` : `\`${name}\``;
  return `| ${variable} | ${fallback} | ${setting.kind.allowed} | ${setting.description} |`;
}

/** The text of .env.example: every variable with its default, commented out. */
export function renderEnvExample(): string {
  const lines = [
    '# Generated from src/config/settings.table.ts by scripts/generate-config-docs.mjs. Do not edit.',
    '# Every variable with its default; docs/configuration.md says more.',
  ];
  for (const [group, title] of Object.entries(SETTING_GROUPS)) {
    lines.push('', `# ${title}`);
    for (const [name, setting] of ROWS) {
      if (setting.group !== group) continue;
      if (setting.secret)
        lines.push(`# A secret; the other way is ${name}_FILE, the path of a file that holds it.`);
      lines.push(`# ${name}=${setting.default ?? ''}`);
    }
  }
  return `${lines.join('\n')}\n`;
}
