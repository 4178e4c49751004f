/** The names of the parameters in a template: `'/users/:id/orders/:order'` → `'id' | 'order'`; `*rest` counts too. */
export type TemplateParams<T extends string> = T extends `${infer Head}/${infer Tail}`
  ? SegmentParam<Head> | TemplateParams<Tail>
  : SegmentParam<T>;

type SegmentParam<S extends string> = S extends `:${infer Name}`
  ? Name
  : S extends `*${infer Name}`
    ? Name
    : never;

/** Exactly the values a template asks for; `*rest` also takes a list of segments. */
export type PathParams<T extends string> = string extends T
  ? Readonly<Record<string, ParamValue>>
  : { readonly [Name in TemplateParams<T>]: ParamValue };

export type ParamValue = string | number | readonly string[];

/** The last argument of a templated call: may be left out when the template has no parameters. */
export type PathParamsArgument<T extends string> = [TemplateParams<T>] extends [never]
  ? [params?: PathParams<T>]
  : [params: PathParams<T>];

/**
 * Fills a path template. Every value is percent-encoded as one segment, a list as several,
 * so that no value can add a segment, a query or climb out of the template.
 *
 * @throws TypeError when a parameter is missing, empty, or is `.` or `..`
 */
export function fillTemplate(template: string, params: Readonly<Record<string, ParamValue>> = {}): string {
  if (!template.includes(':') && !template.includes('*')) return template;
  return template
    .split('/')
    .map((segment) => {
      const mark = segment[0];
      if (mark !== ':' && mark !== '*') return segment;
      const name = segment.slice(1);
      const value = Object.hasOwn(params, name) ? params[name] : undefined;
      if (value === undefined)
        throw new TypeError(`The path template ${template} needs a value for "${name}".`);
      const parts = typeof value === 'object' ? value : [String(value)];
      return parts.map((part) => encodeSegment(part, template, name)).join('/');
    })
    .join('/');
}

function encodeSegment(value: string, template: string, name: string): string {
  if (value === '' || value === '.' || value === '..') {
    throw new TypeError(`"${value}" cannot be a path segment: "${name}" of ${template}.`);
  }
  return encodeURIComponent(value);
}
