/** The content types of a webhook's body. */
export const CONTENT_TYPES = ['application/json', 'application/x-www-form-urlencoded'] as const;
export type ContentType = (typeof CONTENT_TYPES)[number];

/** A body in its content type, from its JSON text. Signatures cover the result. */
export function bodyAs(contentType: ContentType): (json: string) => string {
  return contentType === 'application/json' ? (json) => json : (json) => formBody(JSON.parse(json) as Json);
}

type Json = string | number | boolean | null | { [key: string]: Json } | Json[];

/**
 * An object as a form, nested with brackets as PHP, Rack and qs read it: `data[custom_fields][industry]=…`, lists as
 * `tags[0]=…`. Null is empty. An empty list or object, which a form cannot express, is left out.
 */
function formBody(value: Json): string {
  return new URLSearchParams([...pairs(value, '')]).toString();
}

function* pairs(value: Json, name: string): Generator<[string, string]> {
  if (typeof value !== 'object') yield [name, String(value)];
  else if (value === null) yield [name, ''];
  else for (const [key, item] of Object.entries(value)) yield* pairs(item, name ? `${name}[${key}]` : key);
}
