/**
 * A value with places to fill: literal, place, literal … so that a fresh UUID costs one join.
 * The one thing that can be filled in is `$(uuid)`: there is no expression language.
 */
export type ValueTemplate = readonly string[];

const PLACE = '$(uuid)';
const ANY_PLACE = /\$\([^)]*\)/g;

/** The literals around the places; `undefined` when the value is the same for every request. */
export function parseTemplate(value: string): ValueTemplate | undefined {
  const literals = value.split(PLACE);
  return literals.length === 1 ? undefined : Object.freeze(literals);
}

export function fillUuids(template: ValueTemplate, uuid: () => string): string {
  let text = template[0] as string;
  for (let i = 1; i < template.length; i++) text += uuid() + (template[i] as string);
  return text;
}

/** The places in a value that nothing fills. */
export function unknownPlaces(value: string): string[] {
  return (value.match(ANY_PLACE) ?? []).filter((place) => place !== PLACE);
}
