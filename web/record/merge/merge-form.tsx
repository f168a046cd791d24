import { Alert, Button, Group, Radio, Stack, Text } from '@mantine/core';
import { IconArrowMerge, IconArrowsExchange } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import { mergePreviewQuery, useMergeRecords, type MergePreview } from '../../api/merge-queries.ts';
import { inSentence, nounOf, type ObjectField, type ObjectType } from '../../api/object-queries.ts';
import type { ObjectRecord } from '../../api/record-queries.ts';
import { paths } from '../../paths.ts';
import { fieldLabel } from '../../ui/field-label.ts';
import { notifyError } from '../../ui/notify.tsx';
import { Moment } from '../../ui/relative-time.tsx';
import { mergeFields, shownProps, unitedFields } from '../object-fields.ts';
import { useObjectView } from '../object-view.ts';
import { recordTitle } from '../record-title.ts';
import classes from './merge-page.module.css';
import { useMergeNotice } from './merged-records.tsx';

type Pair = readonly [ObjectRecord, ObjectRecord];

/** Compares two records, and merges them. */
export function MergeForm({ object, records }: { object: ObjectType; records: Pair }) {
  const navigate = useNavigate();
  const [isSwapped, swap] = useState(false);
  /** The records whose values were chosen, by field. */
  const [choices, choose] = useState<Readonly<Record<string, string>>>({});
  const [survivor, other]: Pair = isSwapped ? [records[1], records[0]] : records;
  const { data: preview } = useQuery(mergePreviewQuery(object.plural, survivor.id, other.id));
  const { mutateAsync: merge, isPending } = useMergeRecords(object.plural);
  const notifyMerged = useMergeNotice(object);

  const submit = async () => {
    try {
      const record = await merge({ id: survivor.id, other: other.id, values: { ...choices } });
      notifyMerged(record, other);
      await navigate(paths.record(object.plural, record.id));
    } catch (error) {
      notifyError(error as Error);
    }
  };

  return (
    <Stack gap="lg">
      <Comparison
        object={object}
        pair={[survivor, other]}
        choices={choices}
        onChoose={(field, id) => choose({ ...choices, [field]: id })}
        onSwap={() => swap(!isSwapped)}
      />
      {preview && <Consequences object={object} pair={[survivor, other]} preview={preview} />}
      <Group gap="xs">
        <Button leftSection={<IconArrowMerge size={15} />} loading={isPending} onClick={() => void submit()}>
          Merge {inSentence(object.plural_label)}
        </Button>
        <Button variant="default" onClick={() => void navigate(paths.record(object.plural, records[0].id))}>
          Cancel
        </Button>
      </Group>
    </Stack>
  );
}

interface ComparisonProps {
  object: ObjectType;
  /** First the one that is kept. */
  pair: Pair;
  choices: Readonly<Record<string, string>>;
  onChoose: (field: string, id: string) => void;
  onSwap: () => void;
}

/** The values of both records next to each other; one of two different values is chosen. */
function Comparison({ object, pair, choices, onChoose, onSwap }: ComparisonProps) {
  const view = useObjectView(object.key);
  const custom = [...new Set(pair.flatMap((record) => Object.keys(record.custom_fields)))];
  return (
    <section className={classes.table} aria-label="Values">
      <div className={classes.head}>
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<IconArrowsExchange size={14} />}
          onClick={onSwap}
        >
          Swap
        </Button>
        {pair.map((record, at) => (
          <div key={record.id}>
            <Text fw={600}>{recordTitle(object, record)}</Text>
            <Text size="xs" c="dimmed">
              {at === 0 ? 'Stays' : 'Is merged into it'} · created <Moment at={record.created_at} />
            </Text>
          </div>
        ))}
      </div>
      {mergeFields(object, view)
        .filter(({ field }) => pair.some((record) => view.fields?.[field.key]?.isShown?.(record) ?? true))
        .map(({ field, Drawn: Value }) => (
          <Row
            key={field.key}
            name={field.label}
            values={pair.map((record) => {
              const shown = shownProps(field, record);
              return { id: record.id, key: keyOf(record[field.key]), text: shown && <Value {...shown} /> };
            })}
            chosen={choices[field.key]}
            onChoose={(id) => onChoose(field.key, id)}
          />
        ))}
      {custom.map((name) => (
        <Row
          key={name}
          name={fieldLabel(name)}
          values={pair.map((record) => {
            const value = record.custom_fields[name];
            return { id: record.id, key: keyOf(value), text: value === undefined ? null : String(value) };
          })}
          chosen={choices[`custom_fields.${name}`]}
          onChoose={(id) => onChoose(`custom_fields.${name}`, id)}
        />
      ))}
      {unitedFields(object, view).map(({ field, Drawn: Value }) => (
        <UnitedRow key={field.key} field={field} pair={pair} Value={Value} />
      ))}
    </section>
  );
}

interface RowValue {
  id: string;
  /** Equal for equal values; '' for none. */
  key: string;
  text: ReactNode;
}

/** Nothing is to be chosen where both have the same value, or only one has a value. */
function Row({
  name,
  values,
  chosen,
  onChoose,
}: {
  name: string;
  values: readonly RowValue[];
  chosen: string | undefined;
  onChoose: (id: string) => void;
}) {
  const [first, second] = values as [RowValue, RowValue];
  if (first.key === '' && second.key === '') return null;
  const differs = first.key !== second.key && first.key !== '' && second.key !== '';
  const kept = chosen ?? (first.key === '' ? second.id : first.id);
  return (
    <div
      className={classes.row}
      role={differs ? 'radiogroup' : undefined}
      aria-label={differs ? name : undefined}
    >
      <div className={classes.name}>{name}</div>
      {values.map(({ id, text }) => (
        <div key={id} className={classes.value} data-kept={differs ? kept === id : undefined}>
          {differs ? (
            <Radio size="xs" name={name} checked={kept === id} onChange={() => onChoose(id)} label={text} />
          ) : (
            (text ?? <span className={classes.none}>–</span>)
          )}
        </div>
      ))}
    </div>
  );
}

function UnitedRow({
  field,
  pair,
  Value,
}: {
  field: ObjectField;
  pair: Pair;
  Value: ReturnType<typeof unitedFields>[number]['Drawn'];
}) {
  const shown = pair.map((record) => shownProps(field, record));
  if (shown.every((item) => item === null)) return null;
  return (
    <div className={classes.row}>
      <div className={classes.name}>
        {field.label}
        <Text size="xs" c="dimmed">
          all are kept
        </Text>
      </div>
      {shown.map((item, at) => (
        <div key={pair[at]?.id} className={classes.value}>
          {item ? <Value {...item} /> : <span className={classes.none}>–</span>}
        </div>
      ))}
    </div>
  );
}

function keyOf(value: unknown): string {
  return value === null || value === undefined ? '' : JSON.stringify(value);
}

/** What the merge does, in plain words. */
function Consequences({
  object,
  pair: [survivor, other],
  preview: { record, moves },
}: {
  object: ObjectType;
  pair: Pair;
  preview: MergePreview;
}) {
  const [kept, gone] = [recordTitle(object, survivor), recordTitle(object, other)];
  const counts = moves.map(({ label, count }) => `${count} ${count === 1 ? singular(label) : label}`);
  const addresses = ['other_emails', 'other_phones'].flatMap(
    (key) => (record[key] as string[] | undefined) ?? [],
  );
  return (
    <Alert title="What will happen" variant="light">
      <ul className={classes.list}>
        <li>
          {counts.length > 0
            ? `${joined(counts)} of ${gone} will belong to ${kept}.`
            : `${gone} has no records that move.`}
        </li>
        <li>Both timelines are shown together.</li>
        {addresses.length > 0 && <li>Other emails and phones will be {joined(addresses)}.</li>}
        <li>
          {gone} leaves all lists and searches. Links to this {nounOf(object)} and its id lead to {kept}.
        </li>
      </ul>
    </Alert>
  );
}

function joined(parts: readonly string[]): string {
  return parts.length > 1 ? `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)!}` : parts.join('');
}

/** `companies` to `company`, `deals` to `deal`. */
function singular(label: string): string {
  return label.replace(/ies$/, 'y').replace(/s$/, '');
}
