import { SegmentedControl } from '@mantine/core';
import { lazy, Suspense, useState } from 'react';
import { useObject, type ObjectType } from '../api/object-queries.ts';
import type { ObjectRecord } from '../api/record-queries.ts';
import { useHasScope } from '../api/session-queries.ts';
import classes from './activity-composer.module.css';
import { NoteForm, type NoteType } from './note-form.tsx';

/** Loaded when somebody adds a task. */
const TaskForm = lazy(async () => ({ default: (await import('./task-form.tsx')).TaskForm }));

/** Loaded when somebody writes an email. */
const EmailForm = lazy(async () => ({ default: (await import('../messaging/email-form.tsx')).EmailForm }));

type Kind = NoteType | 'task' | 'email';

const LABELS: Readonly<Record<Kind, string>> = {
  note: 'Note',
  call: 'Call',
  meeting: 'Meeting',
  task: 'Task',
  email: 'Email',
};

/** Logs a note, a call or a meeting on a record, or adds a task to it. */
export function ActivityComposer({ object, record }: { object: ObjectType; record: ObjectRecord }) {
  const noteLink = useLink('note', object);
  const taskLink = useLink('task', object);
  const emailLink = useLink('email', object, 'emails:send');
  const [chosen, choose] = useState<Kind>('note');
  const kinds: Kind[] = [
    ...(noteLink ? (['note', 'call', 'meeting'] as const) : []),
    // Emails reference their template too, and are not written to it.
    ...(emailLink && object.key !== 'template' ? (['email'] as const) : []),
    ...(taskLink ? (['task'] as const) : []),
  ];
  const kind = kinds.includes(chosen) ? chosen : kinds[0];
  if (kind === undefined) return null;
  const link = kind === 'task' ? taskLink : kind === 'email' ? emailLink : noteLink;
  const links = { [link!]: record.id };
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
      {kind === 'email' ? (
        <Suspense>
          <EmailForm links={links} />
        </Suspense>
      ) : kind === 'task' ? (
        <Suspense>
          <TaskForm object={object} record={record} links={links} />
        </Suspense>
      ) : (
        <NoteForm key={kind} type={kind} links={links} />
      )}
    </section>
  );
}

/** The field by which an activity references records of an object; undefined if the session may not write it. */
function useLink(activity: string, object: ObjectType, scope = `${activity}s:write`): string | undefined {
  const target = useObject(activity);
  const mayWrite = useHasScope(scope);
  const field = target?.fields.find(
    ({ references, read_only: isReadOnly }) => references === object.key && !isReadOnly,
  );
  return mayWrite ? field?.key : undefined;
}
