/** Makes the text of a region from the words behind its name: `<!-- generated: policy rate-limit -->`. */
export type RegionWriter = (...words: readonly string[]) => string;

const REGION = /^(<!-- generated: ([^\n]+?) -->)\n[\s\S]*?^(<!-- end of generated -->)$/gm;

/**
 * A document with each of its generated regions written anew from the code; what people wrote around them stays.
 *
 * @throws TypeError when a region has no writer, or a document that should have regions has none
 */
export function fillRegions(document: string, writers: Readonly<Record<string, RegionWriter>>): string {
  let filled = 0;
  const text = document.replace(REGION, (_region, opening: string, call: string, closing: string) => {
    const [name = '', ...words] = call.split(' ');
    const write = Object.hasOwn(writers, name) ? writers[name] : undefined;
    if (write === undefined) throw new TypeError(`Nothing writes the region "${call}".`);
    filled++;
    return `${opening}\n\n${write(...words).trim()}\n\n${closing}`;
  });
  if (filled === 0) throw new TypeError('The document has no generated region.');
  return text;
}
