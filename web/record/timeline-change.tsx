import { useQuery } from '@tanstack/react-query';
import { createElement, type ReactNode } from 'react';
import type { Activity } from '../api/activity-queries.ts';
import { fieldOf, useObject, type ObjectField } from '../api/object-queries.ts';
import { queriesOf, type ObjectRecord } from '../api/record-queries.ts';
import { FIELD_KINDS } from '../fields/kinds.ts';
import { fieldLabel } from '../ui/field-label.ts';
import { isEmptyValue } from './object-fields.ts';
import { useObjectView } from './object-view.ts';
import classes from './timeline.module.css';

/** Fields that change as a result of another change. */
const DERIVED_FIELDS = new Set([
  'amount_received',
  'completed_at',
  'closed_at',
  'content_version',
  'converted_at',
  'failed_at',
  'failure_code',
  'first_contacted_at',
  'last_refund_amount',
  'merged_ids',
  'merged_into',
  'paid_at',
  'refunded_at',
  'updated_at',
  'version',
]);

/** A changed field, or custom field, with its values. */
interface Change {
  name: string;
  label: string;
  field: ObjectField | undefined;
  before: unknown;
  after: unknown;
}

/** The fields that an activity changed, besides those that followed from others. */
export function useChanges({ record_type: type, changed, changed_to: changedTo }: Activity): Change[] {
  const object = useObject(type);
  const before = changed ?? {};
  const after = changedTo ?? {};
  return Object.keys(before).flatMap((name): Change[] => {
    if (DERIVED_FIELDS.has(name) || (type === 'note' && NOTE_FIELDS.has(name))) return [];
    if (name === 'custom_fields') return customChanges(before[name], after[name]);
    const field = object && fieldOf(object, name);
    // Details of an event, such as a refund.
    if (!field && isObject(before[name])) return [];
    return [
      { name, label: field?.label ?? fieldLabel(name), field, before: before[name], after: after[name] },
    ];
  });
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

/** They follow from the text of a note. */
const NOTE_FIELDS = new Set(['title', 'mentions']);

function customChanges(before: unknown, after: unknown): Change[] {
  const was = (before ?? {}) as Record<string, unknown>;
  const is = (after ?? {}) as Record<string, unknown>;
  const names = new Set([...Object.keys(was), ...Object.keys(is)]);
  return [...names]
    .filter((name) => was[name] !== is[name])
    .map((name) => ({
      name: `custom_fields.${name}`,
      label: fieldLabel(name),
      field: undefined,
      before: was[name],
      after: is[name],
    }));
}

/** One change: `Status: Contacted → Lost`. */
export function ChangeText({ activity, change }: { activity: Activity; change: Change }) {
  const { label, field, before, after } = change;
  const isKnown = activity.changed_to != null;
  // A text is in the record, and too long for a line.
  if (field?.kind === 'long_text') return `${label} ${isEmptyValue(before) ? 'added' : 'changed'}`;
  const was = <ChangedValue activity={activity} change={change} value={before} values={activity.changed} />;
  if (!isKnown)
    return isEmptyValue(before) ? (
      label
    ) : (
      <>
        {label}: was {was}
      </>
    );
  return (
    <>
      {label}: {was} <span className={classes.aside}>→</span>{' '}
      <ChangedValue activity={activity} change={change} value={after} values={activity.changed_to} />
    </>
  );
}

function ChangedValue({
  activity,
  change: { name, field },
  value,
  values,
}: {
  activity: Activity;
  change: Change;
  value: unknown;
  /** The values of the same moment. */
  values: Activity['changed'] | undefined;
}): ReactNode {
  const view = useObjectView(activity.record_type);
  const Kind = field && FIELD_KINDS[field.kind];
  const now = useRecordNow(activity, field?.kind === 'currency');
  if (isEmptyValue(value)) return <span className={classes.aside}>none</span>;
  const { Cell, Value } = view.fields?.[name] ?? {};
  // A cell of a list may show the record's state as it is now.
  const own = (field?.kind === 'select' && Value) || Cell;
  if (!field || !Kind || (TEXT_KINDS.has(field.kind) && !own)) return shortened(textOf(value));
  // Stages and statuses have names of their own; other views also depend on the rest of the record.
  return createElement((NAMED_KINDS.has(field.kind) && own) || Kind.Cell, {
    field,
    value,
    record: { ...now, ...activity.changed, ...values } as ObjectRecord,
  });
}

/** What an activity is about, as it is now: an amount is shown in its currency. */
function useRecordNow({ record_type: type, record_id: id }: Activity, isNeeded: boolean) {
  const object = useObject(type);
  const { data } = useQuery({
    ...queriesOf(object ?? { plural: '' }).detail(id),
    enabled: isNeeded && object !== undefined,
  });
  return data;
}

const NAMED_KINDS = new Set(['record', 'select', 'text']);
const TEXT_KINDS = new Set(['text', 'url', 'email', 'phone']);
const MAX_SHOWN = 80;

function textOf(value: unknown): string {
  return typeof value === 'boolean' ? (value ? 'Yes' : 'No') : String(value);
}

function shortened(text: string): string {
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}
