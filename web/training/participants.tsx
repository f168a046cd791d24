import { Button, CloseButton, Group, Menu, Text, Title } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconChevronDown, IconClipboardCheck, IconUserPlus, IconUsers } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { lazy, Suspense, useMemo } from 'react';
import { useBulkChange, type BulkOutcome } from '../api/bulk-queries.ts';
import { fieldOf, useObject, type ObjectType } from '../api/object-queries.ts';
import { useHasScope } from '../api/session-queries.ts';
import {
  enrolments,
  participantsQuery,
  useEnrol,
  type CourseRun,
  type Participant,
} from '../api/training-queries.ts';
import { paths } from '../paths.ts';
import bulk from '../record/bulk-actions.module.css';
import { RecordName } from '../record/record-link.tsx';
import { RecordPicker } from '../record/record-picker.tsx';
import { recordTitle } from '../record/record-title.ts';
import { useSelection, type Selection } from '../record/use-selection.ts';
import { columnsFor, DataTable, RowLink } from '../ui/data-table.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { notifyDone, notifyError, notifyWhenDone } from '../ui/notify.tsx';
import { Moment } from '../ui/relative-time.tsx';
import classes from './participants.module.css';
import { EnrolmentStatus, placesText } from './training-status.tsx';

const AssessForm = lazy(async () => ({ default: (await import('./assess-form.tsx')).AssessForm }));

const NOBODY: readonly Participant[] = [];

/** The people of a course run: adds some, assesses and changes those that are selected. */
export function Participants({ run }: { run: CourseRun }) {
  const enrolment = useObject('enrolment');
  const contact = useObject('contact');
  return enrolment ? <KnownParticipants run={run} enrolment={enrolment} contact={contact} /> : null;
}

function KnownParticipants({
  run,
  enrolment,
  contact,
}: {
  run: CourseRun;
  enrolment: ObjectType;
  contact: ObjectType | undefined;
}) {
  const list = useInfiniteQuery(participantsQuery(run.id, contact !== undefined));
  const people = (list.data ?? NOBODY) as readonly Participant[];
  const mayEnrol = useHasScope('enrolments:write');
  const mayAssess = useHasScope('assessments:write');
  const selection = useSelection(people, run.id);
  const columns = useMemo(() => participantColumns(contact), [contact]);
  const places = placesText(run);
  return (
    <section className={classes.root} aria-labelledby="participants-title">
      <Group className={classes.head} justify="space-between" gap="sm">
        <div>
          <Title order={2} id="participants-title">
            People
          </Title>
          {places !== null && (
            <Text size="sm" c="dimmed">
              {places}
            </Text>
          )}
        </div>
        {mayEnrol && contact && <AddPerson run={run} contact={contact} />}
      </Group>
      <DataTable
        label="People"
        columns={columns}
        list={{ ...list, data: list.data && [...people] }}
        selectable={
          mayEnrol || mayAssess ? { ...selection, nameOf: (person) => nameOf(contact, person) } : undefined
        }
        empty={
          <EmptyState icon={IconUsers} title="Nobody is enrolled yet">
            Add the first person.
          </EmptyState>
        }
      />
      <SelectedPeople enrolment={enrolment} selection={selection} mayEnrol={mayEnrol} mayAssess={mayAssess} />
    </section>
  );
}

const column = columnsFor<Participant>();

function participantColumns(contact: ObjectType | undefined) {
  return column.columns([
    column.display({
      id: 'contact',
      header: 'Name',
      cell: ({ row: { original: person } }) => (
        <RowLink {...paths.record(enrolments.plural, person.id)}>
          {contact ? (
            <RecordName
              objectKey={contact.key}
              id={person.contact_id}
              expanded={person.expanded?.contact_id}
            />
          ) : (
            (person.name ?? 'Enrolment')
          )}
        </RowLink>
      ),
    }),
    column.accessor('status', {
      header: 'Status',
      meta: { width: '9rem' },
      cell: ({ row }) => <EnrolmentStatus status={row.original.status} />,
    }),
    column.accessor('created_at', {
      header: 'Added',
      meta: { width: '8rem', desktopOnly: true },
      cell: ({ row }) => <Moment at={row.original.created_at} />,
    }),
  ]);
}

function nameOf(contact: ObjectType | undefined, { expanded, name }: Participant): string {
  const person = expanded?.contact_id;
  return contact && person ? recordTitle(contact, person) : (name ?? 'Enrolment');
}

/** Enrols a contact that is chosen, or created by name. */
function AddPerson({ run, contact }: { run: CourseRun; contact: ObjectType }) {
  const [isOpen, picker] = useDisclosure();
  const { mutateAsync: enrol, isPending } = useEnrol(run.id);
  const { places, enrolled, status } = run;
  const isFull = places !== null && enrolled >= places;
  const add = (id: string | null) => {
    picker.close();
    if (id !== null) enrol(id).then(() => notifyDone('Person enrolled'), notifyError);
  };
  if (!isOpen)
    return (
      <Button
        leftSection={<IconUserPlus size={15} />}
        onClick={picker.open}
        loading={isPending}
        disabled={isFull || status === 'canceled'}
      >
        Add person
      </Button>
    );
  return (
    <RecordPicker
      className={classes.picker}
      object={contact}
      value={null}
      onChange={add}
      mayCreate
      aria-label="Person to enrol"
      placeholder="Search or create a contact"
      autoFocus
      onKeyDown={(event) => {
        if (event.key === 'Escape') picker.close();
      }}
    />
  );
}

/** What can be done with the selected people. */
function SelectedPeople({
  enrolment,
  selection: { rows, clear },
  mayEnrol,
  mayAssess,
}: {
  enrolment: ObjectType;
  selection: Selection<Participant>;
  mayEnrol: boolean;
  mayAssess: boolean;
}) {
  const [isAssessing, form] = useDisclosure();
  const { mutateAsync: change, isPending } = useBulkChange(enrolments.plural);
  if (rows.length === 0) return null;
  const ids = rows.map(({ id }) => id);
  const setStatus = (status: string) =>
    notifyWhenDone(change({ ids, change: { status } }), (outcome) => report(outcome, 'changed'));
  return (
    <div className={bulk.bar} role="toolbar" aria-label="Selected people">
      <span className={bulk.count} aria-live="polite">
        {rows.length} selected
      </span>
      {mayAssess && (
        <Button
          variant="default"
          size="xs"
          leftSection={<IconClipboardCheck size={14} />}
          onClick={form.open}
        >
          Assess
        </Button>
      )}
      {mayEnrol && (
        <Menu position="top-start">
          <Menu.Target>
            <Button
              variant="default"
              size="xs"
              rightSection={<IconChevronDown size={13} />}
              loading={isPending}
            >
              Change status
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {fieldOf(enrolment, 'status')?.options?.map(({ value, label }) => (
              <Menu.Item key={value} onClick={() => setStatus(value)}>
                {label}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      )}
      <CloseButton aria-label="Clear the selection" onClick={clear} />
      <Suspense>
        {isAssessing && (
          <AssessForm
            ids={ids}
            onClose={form.close}
            onDone={(outcome) => {
              form.close();
              clear();
              report(outcome, 'assessed');
            }}
          />
        )}
      </Suspense>
    </div>
  );
}

/** Shows how many people were changed, and why others were not. */
function report({ done, errors }: BulkOutcome, verb: string): void {
  const counted = (count: number) => `${count} ${count === 1 ? 'person' : 'people'}`;
  if (done.length > 0) notifyDone(`${counted(done.length)} ${verb}`);
  const [first] = errors;
  if (first !== undefined) notifyError(new Error(`${counted(errors.length)} could not be ${verb}: ${first}`));
}
