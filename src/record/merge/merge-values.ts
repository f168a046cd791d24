import { ApiError } from '../../base/errors.ts';
import { caseless } from '../../base/fold.ts';
import { distinctBy } from '../../base/values/distinct.ts';
import { isSame } from '../../base/values/same.ts';
import type { Field } from '../fields/field.ts';
import { MAX_ADDRESSES } from '../fields/address-list.ts';
import { MAX_TAGS } from '../fields/tags.ts';

/** How the values of merged records are combined, besides the rule of all fields: the survivor's, else the first. */
export interface MergeRules {
  /** Fields that come from one record together, as a company's id and its name. */
  groups?: readonly (readonly string[])[];
  /** A first address and the list of others; all addresses of all records are kept. */
  addresses?: readonly { first: string; others: string; keyOf(address: string): string }[];
  /** Numbers that are added. */
  sums?: readonly string[];
  /** Times of which the earliest is kept. */
  earliest?: readonly string[];
}

/** The part of a noun that its merges need. */
export interface MergedNoun {
  name: string;
  fields: Readonly<Record<string, Field>>;
  mergeRules?: MergeRules;
}

/** The values of a record, by field. */
export type Values = Readonly<Record<string, unknown>>;

/** What a survivor got from a merged record. Custom fields are named as in `custom_fields.industry`. */
export interface Contribution {
  /** Fields whose value is the merged record's, with the value that it replaced. */
  filled: Record<string, unknown>;
  /** By list (an address list by its first field): items that only the merged record had. */
  added: Record<string, readonly string[]>;
}

/** The records whose values were chosen, by field. */
export type Choices = Readonly<Record<string, string>>;

const CUSTOM = 'custom_fields.';

/** The fields that a merge can take from another record: by `values`, and in the dashboard. */
export function choosableFields({ fields, mergeRules = {} }: MergedNoun): string[] {
  const lists = listFields({ mergeRules });
  return Object.keys(fields).filter((name) => !fields[name]!.isReadOnly && !lists.has(name));
}

/** The fields that are united. */
function listFields({ mergeRules = {} }: Pick<MergedNoun, 'mergeRules'>): Set<string> {
  return new Set(['tags', ...(mergeRules.addresses ?? []).map(({ others }) => others)]);
}

/**
 * The survivor's values after a merge, and what each of the others contributed. The survivor's values stay, empty ones are
 * filled from the others in their order, and lists are united.
 * @param choices fields whose value is taken from another record
 */
export function mergedValues(
  noun: MergedNoun,
  survivor: Values,
  others: readonly Values[],
  choices: Choices = {},
): { values: Record<string, unknown>; contributions: Contribution[] } {
  const values = copyOf(survivor);
  const contributions = others.map((): Contribution => ({ filled: {}, added: {} }));
  const fill = (field: string, from: number) => {
    const [before, after] = [valueOf(values, field), valueOf(others[from]!, field)];
    if (isSame(before, after)) return;
    contributions[from]!.filled[field] = before;
    setValue(values, field, after);
  };
  for (const unit of unitsOf(noun, [survivor, ...others])) {
    const chosen = unit.map((field) => choices[field]).find((id) => id !== undefined);
    const isEmpty = unit.every((field) => isBlank(valueOf(values, field)));
    const from =
      chosen === undefined
        ? isEmpty
          ? others.findIndex((other) => unit.some((field) => !isBlank(valueOf(other, field))))
          : -1
        : others.findIndex((other) => other['id'] === chosen);
    if (from !== -1) for (const field of unit) fill(field, from);
  }
  const { sums = [], earliest = [], addresses = [] } = noun.mergeRules ?? {};
  others.forEach((other, from) => {
    for (const field of sums) values[field] = Number(values[field]) + Number(other[field]);
    for (const field of earliest) if (isEarlier(other[field], values[field])) fill(field, from);
  });
  for (const { first, others: list, keyOf } of addresses) {
    const own = addressesOf(survivor, first, list);
    unite(
      own,
      others.map((other) => addressesOf(other, first, list)),
      keyOf,
      (from, items) => {
        contributions[from]!.added[first] = items;
      },
    );
    const all = [values, survivor, ...others].flatMap((record) => addressesOf(record, first, list));
    const [firstAddress = null, ...rest] = distinctBy(all, keyOf);
    if (rest.length > MAX_ADDRESSES) throw tooMany(list, MAX_ADDRESSES, rest.length);
    values[first] = firstAddress;
    values[list] = rest;
  }
  if (noun.fields['tags']) {
    const tags = unite(
      itemsOf(survivor['tags']),
      others.map(({ tags: items }) => itemsOf(items)),
      caseless,
      (from, items) => {
        contributions[from]!.added['tags'] = items;
      },
    );
    if (tags.length > MAX_TAGS) throw tooMany('tags', MAX_TAGS, tags.length);
    values['tags'] = tags;
  }
  return { values, contributions };
}

/**
 * The values of a record after one that was merged into it is taken out again. What has changed since stays.
 * @param contribution of the merged record
 */
export function unmergedValues(
  noun: MergedNoun,
  current: Values,
  merged: Values,
  { filled, added }: Contribution,
): Record<string, unknown> {
  const values = copyOf(current);
  for (const unit of unitsOf(noun, [{ custom_fields: customOf(filled) }, current, merged], true)) {
    const taken = unit.filter((field) => field in filled);
    if (taken.length === 0) continue;
    if (taken.some((field) => !isSame(valueOf(current, field), valueOf(merged, field)))) continue;
    for (const field of taken) setValue(values, field, filled[field]);
  }
  for (const field of noun.mergeRules?.sums ?? [])
    values[field] = Math.max(1, Number(current[field]) - Number(merged[field]));
  for (const { first, others: list, keyOf } of noun.mergeRules?.addresses ?? []) {
    const removed = new Set((added[first] ?? []).map(keyOf));
    const rest = itemsOf(current[list]).filter((item) => !removed.has(keyOf(item)));
    const [firstAddress = null, ...others] = distinctBy(
      [values[first] as string | null, ...rest].filter((item) => item !== null),
      keyOf,
    );
    values[first] = firstAddress;
    values[list] = others;
  }
  const removed = new Set((added['tags'] ?? []).map(caseless));
  if (removed.size > 0)
    values['tags'] = itemsOf(current['tags']).filter((tag) => !removed.has(caseless(tag)));
  return values;
}

/**
 * What a record contributed, through the one that it was merged into, to the record that this one was merged into.
 * @param before the record in between, as it was merged
 * @param after the same without the contribution
 * @param outer the contribution of the record in between
 */
export function passedOn(
  merged: Values,
  { filled, added }: Contribution,
  { before, after, outer }: { before: Values; after: Values; outer: Contribution },
): Contribution {
  const passed = Object.keys(filled).filter(
    (field) => field in outer.filled && isSame(valueOf(before, field), valueOf(merged, field)),
  );
  const replaced = (field: string) => {
    const own = valueOf(after, field);
    return isBlank(own) ? outer.filled[field] : own;
  };
  const common = Object.entries(added).map(([list, items]) => {
    const outerKeys = new Set((outer.added[list] ?? []).map(caseless));
    return [list, items.filter((item) => outerKeys.has(caseless(item)))] as const;
  });
  return {
    filled: Object.fromEntries(passed.map((field) => [field, replaced(field)])),
    added: Object.fromEntries(common),
  };
}

/** The fields that are filled together: groups, each other field, each custom field. */
function unitsOf(noun: MergedNoun, records: readonly Values[], withTimes = false): string[][] {
  const { groups = [], earliest = [] } = noun.mergeRules ?? {};
  const grouped = new Set(groups.flat());
  const single = choosableFields(noun).filter((field) => !grouped.has(field));
  const custom = new Set(records.flatMap((record) => Object.keys(record['custom_fields'] ?? {})));
  return [
    ...groups.map((group) => [...group]),
    ...[...single, ...(withTimes ? earliest : []), ...[...custom].map((name) => `${CUSTOM}${name}`)].map(
      (field) => [field],
    ),
  ];
}

function customOf(filled: Values): Record<string, unknown> {
  const entries = Object.entries(filled).filter(([field]) => field.startsWith(CUSTOM));
  return Object.fromEntries(entries.map(([field, value]) => [field.slice(CUSTOM.length), value]));
}

/** The value of a field or of a custom field; null if it has none. */
function valueOf(record: Values, field: string): unknown {
  if (!field.startsWith(CUSTOM)) return record[field] ?? null;
  const custom = record['custom_fields'] as Record<string, unknown>;
  const name = field.slice(CUSTOM.length);
  return Object.hasOwn(custom, name) ? custom[name] : null;
}

/** With custom fields of its own, which `setValue` changes in place: a record can have thousands. */
function copyOf(record: Values): Record<string, unknown> {
  return { ...record, custom_fields: { ...(record['custom_fields'] as object | undefined) } };
}

function setValue(record: Record<string, unknown>, field: string, value: unknown): void {
  if (!field.startsWith(CUSTOM)) {
    record[field] = value;
    return;
  }
  const custom = record['custom_fields'] as Record<string, unknown>;
  const name = field.slice(CUSTOM.length);
  if (value === null) delete custom[name];
  else custom[name] = value;
}

function isBlank(value: unknown): boolean {
  return value === null || value === undefined || value === '';
}

function isEarlier(time: unknown, than: unknown): boolean {
  return typeof time === 'string' && (typeof than !== 'string' || Date.parse(time) < Date.parse(than));
}

function itemsOf(list: unknown): string[] {
  return (list as string[] | undefined) ?? [];
}

function addressesOf(record: Values, first: string, list: string): string[] {
  const address = record[first];
  return [...(typeof address === 'string' ? [address] : []), ...itemsOf(record[list])];
}

/** Appends the items that a list lacks. @param onAdded called with those that each of the others adds */
function unite(
  own: readonly string[],
  others: readonly (readonly string[])[],
  keyOf: (item: string) => string,
  onAdded: (from: number, items: string[]) => void,
): string[] {
  const all = [...own];
  const known = new Set(own.map(keyOf));
  others.forEach((items, from) => {
    const added = distinctBy(items, keyOf).filter((item) => !known.has(keyOf(item)));
    for (const item of added) known.add(keyOf(item));
    all.push(...added);
    if (added.length > 0) onAdded(from, added);
  });
  return all;
}

function tooMany(field: string, max: number, count: number): ApiError {
  const message = `a record has at most ${max} ${field.replaceAll('_', ' ')}, and this one would have ${count}`;
  return new ApiError('validation_error', `with: ${message}.`, { fields: [{ field: 'with', message }] });
}
