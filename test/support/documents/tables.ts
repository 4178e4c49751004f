import type { DocumentedOption } from './source-comments.js';

/** A Markdown table. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
  return [line(headings), `|${headings.map(() => '---|').join('')}`, ...rows.map(line)].join('\n');
}

/** Options as a table; what an option is by default stands in its comment. */
export function optionTable(options: readonly DocumentedOption[]): string {
  return table(
    ['Option', 'Type', 'Meaning'],
    options.map(({ name, type, required, alternative, comment }) => [
      `\`${name}\`${alternative ? ' (one of them)' : required ? '' : ' (optional)'}`,
      `\`${type.replace(/\breadonly /g, '')}\``,
      comment,
    ]),
  );
}

/** A vertical bar would end the cell, also inside back ticks. */
const cell = (text: string): string => text.replaceAll('|', '\\|');
