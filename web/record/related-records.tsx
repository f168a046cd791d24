import { numberText } from '../ui/format.ts';
import { ActionIcon, Skeleton, Title } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPencil, IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Suspense, useId, type ReactNode } from 'react';
import { fieldOf, nounOf, useObjects, type ObjectField, type ObjectType } from '../api/object-queries.ts';
import { queriesOf, useUpdateRecord, type ObjectRecord } from '../api/record-queries.ts';
import { useHasScope } from '../api/session-queries.ts';
import type { FormValues } from '../fields/field-kind.ts';
import { UNLISTED_OBJECTS } from '../crm/object-icons.ts';
import { paths } from '../paths.ts';
import { ErrorPanel } from '../ui/error-panel.tsx';
import { notifyDone, notifyError } from '../ui/notify.tsx';
import { TextLink } from '../ui/router-links.tsx';
import { isFixed, listFields, shownProps } from './object-fields.ts';
import { useObjectView } from './object-view.ts';
import { RecordFormDrawer } from './record-form-drawer.tsx';
import { RecordPicker } from './record-picker.tsx';
import { NO_RECORD, recordTitle } from './record-title.ts';
import { useRelatedRecords } from './related-query.ts';
import classes from './related-records.module.css';

interface Shown {
  object: ObjectType;
  record: ObjectRecord;
}

/** The records that a record references, then those that reference it. */
export function RelatedRecords({ object, record }: Shown) {
  const objects = useObjects();
  const targetOf = ({ kind, references }: ObjectField) =>
    kind === 'record' ? objects.find(({ key }) => key === references) : undefined;
  const view = useObjectView(object.key);
  const own = object.fields.flatMap((field) => {
    const target = view.fields?.[field.key]?.Value === null ? undefined : targetOf(field);
    return target ? [{ field, target }] : [];
  });
  const referencing = objects.flatMap((other) => {
    if (view.listsItself?.includes(other.key)) return [];
    const field = other.fields.find((item) => item.references === object.key && item.filter);
    return field && other.in_use && !UNLISTED_OBJECTS.has(other.key) ? [{ other, field }] : [];
  });
  return (
    <>
      {own.map(({ field, target }) => (
        <Suspense key={field.key}>
          <Reference object={object} record={record} field={field} target={target} />
        </Suspense>
      ))}
      {referencing.map(({ other, field }) => (
        <Suspense key={other.key}>
          <Referencing object={object} record={record} other={other} field={field} />
        </Suspense>
      ))}
    </>
  );
}

/** A record that is referenced, which can be chosen here. */
function Reference({ object, record, field, target }: Shown & { field: ObjectField; target: ObjectType }) {
  const [isChoosing, choose] = useDisclosure();
  const view = useObjectView(object.key);
  const mayWrite = useHasScope(`${object.plural}:write`) && !field.read_only && !isFixed(field, view, record);
  const { mutate: update } = useUpdateRecord(queriesOf(object));
  const id = record[field.key] as string | null;
  const { data, isLoading } = useQuery({ ...queriesOf(target).detail(id ?? ''), enabled: id !== null });
  if (id === null && !mayWrite) return null;
  const save = (chosen: string | null) => {
    choose.close();
    if (chosen !== id)
      update(
        { id: record.id, version: record.version, change: { [field.key]: chosen } },
        { onError: notifyError },
      );
  };
  return (
    <Panel
      label={field.label}
      action={
        mayWrite && {
          label: id === null ? `Add ${nounOf(target)}` : `Change ${nounOf(target)}`,
          icon: id === null ? <IconPlus size={15} /> : <IconPencil size={14} stroke={1.6} />,
          run: choose.toggle,
        }
      }
    >
      {isChoosing ? (
        <RecordPicker
          object={target}
          value={id}
          onChange={save}
          mayCreate
          aria-label={field.label}
          autoFocus
          defaultDropdownOpened
          onKeyDown={(event) => {
            if (event.key === 'Escape') choose.close();
          }}
        />
      ) : (
        id !== null && (
          <ul className={classes.list}>
            <li>
              {isLoading && <Skeleton height={10} my={5} />}
              {data ? <Item object={target} record={data} /> : !isLoading && NO_RECORD}
            </li>
          </ul>
        )
      )}
    </Panel>
  );
}

/** The records of another object that reference this one, and a form for a new one. */
function Referencing({ object, record, other, field }: Shown & { other: ObjectType; field: ObjectField }) {
  const view = useObjectView(other.key);
  const [isCreating, create] = useDisclosure();
  const { records, count, all, error, refetch, isMatched } = useRelatedRecords({
    object,
    record,
    other,
    field,
  });
  const mayWrite = useHasScope(`${other.plural}:write`) && (!field.read_only || isMatched);
  if (count === 0 && !mayWrite) return null;
  const title = recordTitle(object, record);
  return (
    <Panel
      label={other.plural_label}
      count={count}
      action={
        mayWrite && {
          label: view.createLabel ?? `New ${nounOf(other)}`,
          icon: <IconPlus size={15} />,
          run: create.open,
        }
      }
    >
      {error && !records && <ErrorPanel error={error} retry={() => void refetch()} />}
      {!records && !error && <Skeleton height={36} />}
      {records && records.length > 0 && view.RelatedSummary && (
        <view.RelatedSummary
          object={object}
          record={record}
          filter={{ [field.filter!.parameter]: record.id }}
        />
      )}
      {records && records.length > 0 && (
        <ul className={classes.list}>
          {records.map((item) => (
            <li key={item.id}>
              <Item object={other} record={item} on={{ key: object.key, title }} />
            </li>
          ))}
        </ul>
      )}
      {all && (
        <TextLink {...paths.records(other.plural)} search={all.filter} className={classes.more}>
          All {numberText(all.count)}
        </TextLink>
      )}
      {isCreating && (
        <RecordFormDrawer
          object={other}
          record={null}
          initial={{
            ...view.initialFor?.({ object, record, title }),
            ...sharedReferences(other, record),
            ...(!field.read_only && { [field.key]: record.id }),
          }}
          onClose={create.close}
          onSaved={(saved) => {
            create.close();
            notifyDone(`${recordTitle(other, saved)} created`);
          }}
        />
      )}
    </Panel>
  );
}

/** References that both objects have: a task of a deal is also one of its contact. */
function sharedReferences(other: ObjectType, record: ObjectRecord): FormValues {
  const shared = other.fields.filter(
    ({ key, kind, read_only: isReadOnly, references }) =>
      kind === 'record' && !isReadOnly && !SETTINGS.has(references ?? '') && typeof record[key] === 'string',
  );
  return Object.fromEntries(shared.map(({ key }) => [key, record[key] as string]));
}

/** What records reference that is not a record. */
const SETTINGS = new Set(['pipeline', 'stage']);

interface Action {
  label: string;
  icon: ReactNode;
  run: () => void;
}

function Panel({
  label,
  count,
  action,
  children,
}: {
  label: string;
  count?: number | undefined;
  action: Action | false;
  children: ReactNode;
}) {
  const title = useId();
  return (
    <section className={classes.root} aria-labelledby={title}>
      <div className={classes.head}>
        <Title order={2} id={title}>
          {label} {count !== undefined && <span className={classes.count}>{numberText(count)}</span>}
        </Title>
        {action && (
          <ActionIcon
            className={classes.add}
            variant="subtle"
            color="gray"
            aria-label={action.label}
            title={action.label}
            onClick={action.run}
          >
            {action.icon}
          </ActionIcon>
        )}
      </div>
      {children}
    </section>
  );
}

/** As many as fit a line. */
const MAX_DETAILS = 2;

/** The title of a record, and its first values. @param on the record of the page, which is not repeated */
function Item({ object, record, on }: Shown & { on?: { key: string; title: string } }) {
  const view = useObjectView(object.key);
  const { Title: OwnTitle, isDone } = view;
  const link = <TextLink {...paths.record(object.plural, record.id)}>{recordTitle(object, record)}</TextLink>;
  const details = [
    ...listFields(object, view),
    ...listFields({ ...object, list_fields: contactFields(object) }, view),
  ]
    .filter(({ field }, at, all) => all.findIndex((item) => item.field.key === field.key) === at)
    .filter(
      ({ field }) => !HIDDEN_KINDS.has(field.kind) && !(on !== undefined && field.references === on.key),
    )
    .flatMap(({ field, Drawn: Cell }) => {
      const shown = shownProps(field, record);
      if (!shown || [recordTitle(object, record), on?.title].includes(shown.value as string)) return [];
      return [
        <span key={field.key}>
          <Cell {...shown} />
        </span>,
      ];
    })
    .slice(0, MAX_DETAILS);
  return (
    <div className={isDone?.(record) ? classes.done : undefined}>
      {OwnTitle ? <OwnTitle record={record}>{link}</OwnTitle> : link}
      {details.length > 0 && <div className={classes.about}>{details}</div>}
    </div>
  );
}

const HIDDEN_KINDS = new Set(['tags', 'user', 'long_text', 'number']);

function contactFields(object: ObjectType): string[] {
  return ['email', 'phone', 'website'].filter((key) => fieldOf(object, key) !== undefined);
}
