import type { ComponentType } from 'react';
import { fieldOf, type ObjectField, type ObjectType } from '../api/object-queries.ts';
import type { ObjectRecord } from '../api/record-queries.ts';
import type { FieldKind, ShownProps } from '../fields/field-kind.ts';
import { FIELD_KINDS } from '../fields/kinds.ts';
import type { ObjectView } from './object-view.ts';

/** A field with the component that shows it in one place. */
export interface DrawnField<Drawn> {
  field: ObjectField;
  Drawn: Drawn;
}

/** The inputs of a form in their order, long texts last. */
export function formFields(object: ObjectType, view: ObjectView): DrawnField<FieldKind['Input']>[] {
  const fields = object.fields
    .filter(({ read_only: isReadOnly, computed }) => !isReadOnly && !computed)
    .flatMap((field) => drawn(field, view, 'Input'));
  return longTextsLast(inFormOrder(fields, view));
}

function inFormOrder<Drawn>(
  fields: DrawnField<Drawn>[],
  { formOrder = [] }: ObjectView,
): DrawnField<Drawn>[] {
  const placeOf = ({ field }: DrawnField<Drawn>) => {
    const at = formOrder.indexOf(field.key);
    return at === -1 ? formOrder.length : at;
  };
  return fields.toSorted((item, other) => placeOf(item) - placeOf(other));
}

/** Whether the field of a record cannot be changed. */
export function isFixed({ key }: ObjectField, view: ObjectView, record: ObjectRecord): boolean {
  return view.fields?.[key]?.isFixed?.(record) ?? false;
}

/** The fields that can be changed for several records at once: who owns them, and what they are sorted into. */
export function bulkFields(object: ObjectType, view: ObjectView): DrawnField<FieldKind['Input']>[] {
  return object.fields
    .filter(({ key, kind, read_only: isReadOnly, computed }) => {
      const isChosen = kind === 'user' || kind === 'select' || key === 'status';
      return !isReadOnly && !computed && (isChosen || view.fields?.[key]?.BulkInput !== undefined);
    })
    .flatMap((field) => {
      const own = view.fields?.[field.key];
      const input = [own?.BulkInput, own?.Input].find((item) => item !== undefined);
      const Drawn = input === undefined ? FIELD_KINDS[field.kind]?.Input : input;
      return Drawn ? [{ field: labelled(field, view, 'Value'), Drawn }] : [];
    });
}

/**
 * The fields of a record's page, without those that it shows elsewhere; long texts last.
 * @param objects those that the session may read: references to their records are panels
 */
export function factFields(
  object: ObjectType,
  view: ObjectView,
  objects: readonly ObjectType[],
): DrawnField<ComponentType<ShownProps>>[] {
  const isPanel = ({ kind, references }: ObjectField) =>
    kind === 'record' && objects.some(({ key }) => key === references);
  const fields = object.fields.filter(
    (field) => !BASE_FIELDS.has(field.key) && !isPanel(field) && !isPartOfAmount(object, field),
  );
  return longTextsLast(fields.flatMap((field) => drawn(field, view, 'Value')));
}

/** The columns of a list after the title. */
export function listFields(object: ObjectType, view: ObjectView): DrawnField<ComponentType<ShownProps>>[] {
  return object.list_fields.flatMap((key) => {
    const field = fieldOf(object, key);
    return field ? drawn(field, view, 'Cell') : [];
  });
}

/** The filters of a list, in two groups: those to show at once, and further ones. */
export function filterFields(object: ObjectType, view: ObjectView) {
  const fields = object.fields
    .filter((field) => field.filter?.operators.includes('eq'))
    .flatMap((field) => drawn(field, view, 'Filter'));
  const keys = fields
    .map(({ field }) => field)
    .filter((field) => isFirstFilter(object, field))
    .toSorted((item, other) => Number(isChoice(other)) - Number(isChoice(item)))
    .slice(0, object.searchable ? MAX_FIRST_FILTERS - 1 : MAX_FIRST_FILTERS)
    .map(({ key }) => key);
  const shown = new Set(keys);
  return {
    first: fields.filter(({ field }) => shown.has(field.key)),
    further: fields.filter(({ field }) => !shown.has(field.key)),
  };
}

/** As many as fit a line; a search takes the place of one. */
const MAX_FIRST_FILTERS = 5;

/** Related records are seldom filtered by. A search finds texts. */
function isFirstFilter({ searchable }: ObjectType, field: ObjectField): boolean {
  if (field.kind === 'date' || (field.kind === 'record' && !isChoice(field))) return false;
  return !searchable || !SEARCHED_KINDS.has(field.kind);
}

const SEARCHED_KINDS = new Set(['text', 'email', 'phone', 'number', 'url']);

/** Whether a filter offers a short list. */
function isChoice({ kind, references = '' }: ObjectField): boolean {
  return kind === 'select' || kind === 'user' || kind === 'tags' || SHORT_LISTS.has(references);
}

const SHORT_LISTS = new Set(['pipeline', 'stage']);

/** The fields of which a merge keeps one value: what can be edited, but no lists. */
export function mergeFields(object: ObjectType, view: ObjectView): DrawnField<ComponentType<ShownProps>>[] {
  return object.fields
    .filter(
      ({ key, kind, read_only: isReadOnly, computed }) =>
        !BASE_FIELDS.has(key) && !isReadOnly && !computed && !LIST_KINDS.has(kind),
    )
    .flatMap((field) => {
      const [value] = drawn(field, view, 'Value');
      // A field that its page shows elsewhere has a cell of its own; one without is part of another field.
      return value ? [value] : view.fields?.[field.key]?.Cell ? drawn(field, view, 'Cell') : [];
    });
}

/** The fields of which a merge keeps all values. */
export function unitedFields(object: ObjectType, view: ObjectView): DrawnField<ComponentType<ShownProps>>[] {
  return object.fields
    .filter(({ kind, read_only: isReadOnly }) => !isReadOnly && LIST_KINDS.has(kind))
    .flatMap((field) => drawn(field, view, 'Value'));
}

const LIST_KINDS = new Set(['tags', 'emails', 'phones']);

/** Fields of every record, which a page shows apart. */
const BASE_FIELDS = new Set(['custom_fields', 'created_by', 'created_at', 'updated_at']);

/** Amounts are shown with their currency. */
function isPartOfAmount({ fields }: ObjectType, { key, kind }: ObjectField): boolean {
  return kind === 'currency_code' && key === 'currency' && fields.some((field) => field.kind === 'currency');
}

type Place = 'Input' | 'Cell' | 'Value' | 'Filter';

/** A field as its object shows it, or else as its kind does; none if neither does. */
function drawn<P extends Place>(
  field: ObjectField,
  view: ObjectView,
  place: P,
): DrawnField<NonNullable<FieldKind[P]>>[] {
  const own = view.fields?.[field.key]?.[place];
  const Drawn = own === undefined ? FIELD_KINDS[field.kind]?.[place] : own;
  return Drawn ? [{ field: labelled(field, view, place), Drawn: Drawn as NonNullable<FieldKind[P]> }] : [];
}

function labelled(field: ObjectField, view: ObjectView, place: Place): ObjectField {
  const label = view.fields?.[field.key]?.label;
  return label === undefined || place === 'Input' ? field : { ...field, label };
}

function longTextsLast<Drawn>(fields: DrawnField<Drawn>[]): DrawnField<Drawn>[] {
  const isLong = ({ field }: DrawnField<Drawn>) => field.kind === 'long_text';
  return [...fields.filter((field) => !isLong(field)), ...fields.filter(isLong)];
}

/** How the column of a field looks; wide enough for its label. */
export function columnOf(field: ObjectField, view: ObjectView) {
  const look = { ...FIELD_KINDS[field.kind]?.column, ...view.fields?.[field.key]?.column };
  return {
    ...look,
    ...(look.width && { width: widthFor(look.width, field) }),
    ...(field.sortable && { sort: field.key, isAscendingFirst: !LARGEST_FIRST.has(field.kind) }),
  };
}

/** The kinds that the first click on a heading sorts in descending order. */
const LARGEST_FIRST = new Set(['number', 'currency', 'datetime']);

/** Of a letter of the heading, of the padding, and of the arrow of a sortable column, in rem. */
const LETTER = 0.41;
const PADDING = 1.6;
const ARROW = 1.1;

function widthFor(width: string, { label, sortable: isSortable }: ObjectField): string {
  if (!width.endsWith('rem')) return width;
  const heading = label.length * LETTER + PADDING + (isSortable ? ARROW : 0);
  return `${Math.max(Number.parseFloat(width), heading)}rem`;
}

export function isEmptyValue(value: unknown): boolean {
  return (
    value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0)
  );
}

/** The value of a field of a record, as a page shows it; null for an empty one. */
export function shownProps(field: ObjectField, record: ObjectRecord): ShownProps | null {
  const value = record[field.key];
  return isEmptyValue(value) ? null : { field, value, record };
}
