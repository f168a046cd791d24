import { fieldOf, nounOf, type ObjectType } from '../api/object-queries.ts';
import { amountText } from '../ui/format.ts';

/**
 * The fields that make up the name of a record together, as first and last name do: the text fields that come first
 * among the title fields. Each of the others stands in for them if they are empty.
 */
export function nameFields(object: ObjectType): string[] {
  const others = object.title_fields.findIndex((key) => fieldOf(object, key)?.kind !== 'text');
  return others === -1 ? object.title_fields : object.title_fields.slice(0, others);
}

/** The display name of a record that was deleted, or that the session may not read. */
export const NO_RECORD = 'Deleted or no access';

/** The display name of a record. */
export function recordTitle(object: ObjectType, record: object): string {
  const values = record as Readonly<Record<string, unknown>>;
  const names = nameFields(object);
  const name = names
    .map((key) => values[key])
    .filter(Boolean)
    .join(' ');
  const other = object.title_fields.filter((key) => !names.includes(key)).find((key) => values[key]);
  if (name || other) return name || String(values[other!]);
  const amount = object.fields.find(({ kind, required }) => kind === 'currency' && required)?.key;
  if (amount !== undefined && typeof values[amount] === 'number')
    return `${object.label} of ${amountText(values[amount], values['currency'])}`;
  const { number } = values;
  return typeof number === 'number' ? `${object.label} ${number}` : `Unnamed ${nounOf(object)}`;
}
