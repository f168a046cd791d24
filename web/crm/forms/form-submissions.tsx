import { Button, Group } from '@mantine/core';
import { IconInbox, IconShieldCheck } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import {
  formSubmissionsQuery,
  useAcceptSubmission,
  useRemoveSubmission,
  type Form,
  type FormSubmission,
} from '../../api/form-queries.ts';
import { useHasScope } from '../../api/session-queries.ts';
import { paths } from '../../paths.ts';
import { confirm } from '../../ui/confirm.tsx';
import { columnsFor, DataTable } from '../../ui/data-table.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Moment } from '../../ui/relative-time.tsx';
import { notifyWhenDone, notifyDone } from '../../ui/notify.tsx';
import { TextLink } from '../../ui/router-links.tsx';
import classes from './form-overview.module.css';

const REASONS: Readonly<Record<FormSubmission['reasons'][number], string>> = {
  honeypot: 'Filled in the hidden field',
  too_fast: 'Submitted too fast',
  too_many: 'Too many submissions from one IP address in an hour',
  no_proof_of_work: 'No proof of work',
  wrong_proof_of_work: 'Invalid proof of work',
  disposable_email: 'Disposable email address',
};

const column = columnsFor<FormSubmission>();
const received = column.accessor('received_at', {
  header: 'Received',
  meta: { width: '8rem' },
  cell: ({ getValue }) => <Moment at={getValue()} />,
});

/**
 * The submissions of a form: those that created leads, or those marked as spam.
 * @param spamCount mentioned if no submission created a lead
 */
export function FormSubmissions({
  form,
  spam,
  spamCount = 0,
  onSpam,
}: {
  form: Form;
  spam: boolean;
  spamCount?: number;
  onSpam?: () => void;
}) {
  const list = useInfiniteQuery(formSubmissionsQuery(form.id, spam));
  const mayWrite = useHasScope('leads:write');
  const answers = column.accessor('fields', {
    header: 'Answers',
    meta: { wraps: true },
    cell: ({ row }) => <Answers form={form} submission={row.original} />,
  });
  return spam ? (
    <DataTable
      label="Spam"
      list={list}
      columns={column.columns([
        answers,
        column.accessor('reasons', {
          header: 'Reason',
          meta: { width: '14rem', wraps: true },
          cell: ({ getValue }) =>
            getValue()
              .map((reason) => REASONS[reason])
              .join('. '),
        }),
        received,
        ...(mayWrite
          ? [
              column.display({
                id: 'decide',
                header: 'Actions',
                meta: { width: '12rem' },
                cell: ({ row }) => <Decision form={form} submission={row.original} />,
              }),
            ]
          : []),
      ])}
      empty={
        <EmptyState icon={IconShieldCheck} title="No spam">
          Submissions that look like spam are kept here for 30 days, with the reason. You can still accept
          them.
        </EmptyState>
      }
    />
  ) : (
    <DataTable
      label="Submissions"
      list={list}
      columns={column.columns([
        answers,
        column.accessor('referrer', {
          header: 'Source',
          meta: { width: '28%', desktopOnly: true },
          cell: ({ row: { original: item } }) => item.utm['utm_source'] ?? item.referrer,
        }),
        received,
        column.accessor('lead_id', {
          header: 'Lead',
          meta: { width: '7rem' },
          cell: ({ getValue }) => {
            const leadId = getValue();
            return leadId && <TextLink {...paths.record('leads', leadId)}>Open lead</TextLink>;
          },
        }),
      ])}
      empty={
        <EmptyState icon={IconInbox} title="No submissions yet">
          {spamCount === 0
            ? 'Open the page and submit the form once to test it.'
            : `${spamCount === 1 ? '1 submission was' : `${spamCount} submissions were`} marked as spam. Check ${spamCount === 1 ? 'it' : 'them'}: a real one can still be accepted.`}
          {spamCount > 0 && (
            <Button variant="default" onClick={onSpam}>
              Show spam
            </Button>
          )}
        </EmptyState>
      }
    />
  );
}

function answerText(value: FormSubmission['fields'][string]): string | number {
  if (typeof value === 'boolean') return value ? 'Yes' : 'No';
  return Array.isArray(value) ? value.join(', ') : value;
}

function Answers({ form, submission: { fields, consent } }: { form: Form; submission: FormSubmission }) {
  const labelOf = (key: string) => form.fields.find((field) => field.key === key)?.label ?? key;
  return (
    <dl className={classes.answers}>
      {Object.entries(fields).map(([key, value]) => (
        <div key={key}>
          <dt>{labelOf(key)}</dt>
          <dd>{answerText(value)}</dd>
        </div>
      ))}
      {consent && (
        <div>
          <dt>Consent</dt>
          <dd>{consent.given ? `Yes: ${consent.text}` : 'No'}</dd>
        </div>
      )}
    </dl>
  );
}

function Decision({ form, submission: { id } }: { form: Form; submission: FormSubmission }) {
  const { mutateAsync: accept, isPending } = useAcceptSubmission(form.id);
  const { mutateAsync: remove } = useRemoveSubmission(form.id);
  const confirmRemoval = () =>
    confirm({
      title: 'Delete this submission?',
      text: 'This cannot be undone.',
      action: 'Delete submission',
      onConfirm: () => notifyWhenDone(remove(id), () => notifyDone('Submission deleted')),
    });
  return (
    <Group gap="xs" wrap="nowrap">
      <Button
        size="xs"
        variant="default"
        loading={isPending}
        onClick={() => notifyWhenDone(accept(id), () => notifyDone('Lead created'))}
      >
        Accept
      </Button>
      <Button size="xs" variant="subtle" color="red" onClick={confirmRemoval}>
        Delete
      </Button>
    </Group>
  );
}
