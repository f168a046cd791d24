import { SegmentedControl } from '@mantine/core';
import { lazy, Suspense, useState } from 'react';
import { useObject, type ObjectType } from '../api/object-queries.ts';
import type { ObjectRecord } from '../api/record-queries.ts';
import { useHasScope } from '../api/session-queries.ts';
import classes from './activity-composer.module.css';
import { NoteField } from './note-field.tsx';
import type { NoteType } from './note-form.tsx';

/** Loaded when somebody adds a task, or logs a call or a meeting. */
const NoteForm = lazy(async () => ({ default: (await import('./note-form.tsx')).NoteForm }));
const TaskForm = lazy(async () => ({ default: (await import('./task-form.tsx')).TaskForm }));

type Kind = NoteType | 'task';

const LABELS: Readonly<Record<Kind, string>> = {
  note: 'Note',
  call: 'Call',
  meeting: 'Meeting',
  task: 'Task',
};

/** Logs a note, a call or a meeting on a record, or adds a task to it. */
export function ActivityComposer({ object, record }: { object: ObjectType; record: ObjectRecord }) {
  const noteLink = useLink('note', object);
  const taskLink = useLink('task', object);
  const [chosen, choose] = useState<Kind>('note');
  const kinds: Kind[] = [
    ...(noteLink ? (['note', 'call', 'meeting'] as const) : []),
    ...(taskLink ? (['task'] as const) : []),
  ];
  const kind = kinds.includes(chosen) ? chosen : kinds[0];
  if (kind === undefined) return null;
  const links = { [(kind === 'task' ? taskLink : noteLink)!]: record.id };
  return (
    <section className={classes.root} aria-label="Log an activity">
      {kinds.length > 1 && (
        <SegmentedControl
          size="xs"
          aria-label="Activity"
          value={kind}
          onChange={choose}
          data={kinds.map((value) => ({ value, label: LABELS[value] }))}
        />
      )}
      {kind === 'note' ? (
        <NoteField links={links} />
      ) : (
        <Suspense>
          {kind === 'task' ? (
            <TaskForm object={object} record={record} links={links} />
          ) : (
            <NoteForm key={kind} type={kind} links={links} />
          )}
        </Suspense>
      )}
    </section>
  );
}

/** The field by which an activity references records of an object; undefined if the session may not write it. */
function useLink(activity: string, object: ObjectType): string | undefined {
  const target = useObject(activity);
  const mayWrite = useHasScope(`${activity}s:write`);
  const field = target?.fields.find(
    ({ references, read_only: isReadOnly }) => references === object.key && !isReadOnly,
  );
  return mayWrite ? field?.key : undefined;
}
