import { Button, FileButton, Group, Pill, Select, Textarea, TextInput } from '@mantine/core';
import { IconClock, IconPaperclip } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import {
  emailAccountsQuery,
  emailContentQuery,
  uploadAttachment,
  type Email,
  type PreviewRecords,
} from '../api/email-queries.ts';
import { useHasScope } from '../api/session-queries.ts';
import { paths } from '../paths.ts';
import { DateTimePicker } from '../ui/date-inputs.tsx';
import { ErrorPanel } from '../ui/error-panel.tsx';
import { localOf, utcOf } from '../ui/format.ts';
import { notifyError } from '../ui/notify.tsx';
import { TextLink } from '../ui/router-links.tsx';
import { EmailBody } from './email-body.tsx';
import classes from './email-form.module.css';
import { TemplateChoice } from './template-choice.tsx';
import { TrackingCheckbox } from './tracking-choice.tsx';
import { useEmailSubmission, type AnsweredEmail, type EditedEmail } from './use-email-submission.ts';

/** Changes an email that is a draft or scheduled. */
export function EmailEditForm({ email, onSaved }: { email: Email; onSaved: () => void }) {
  const { data: content, error } = useQuery(emailContentQuery(email));
  if (error) return <ErrorPanel error={error} />;
  if (!content) return null;
  return <Loaded links={NONE} to="" accounts={[]} edited={{ email, content }} onSent={onSaved} />;
}

/**
 * Writes and sends an email.
 * @param links the records that it is about, by field
 * @param to the recipient; left out, it is that of the record
 */
export function EmailForm({
  links = NONE,
  to = '',
  answered,
  onSent,
}: {
  links?: PreviewRecords;
  to?: string;
  answered?: AnsweredEmail;
  onSent?: (id: string) => void;
}) {
  const { data: accounts, error } = useQuery(emailAccountsQuery);
  if (error) return <ErrorPanel error={error} />;
  if (!accounts) return null;
  if (accounts.length === 0) return <NoAccount />;
  return (
    <Loaded
      links={links}
      to={to}
      {...(answered && { answered })}
      {...(onSent && { onSent })}
      accounts={accounts}
    />
  );
}

const NONE: PreviewRecords = {};

function NoAccount() {
  const mayConnect = useHasScope('connections:manage');
  return (
    <p className={classes.hint}>
      No email account yet.{' '}
      {mayConnect ? (
        <TextLink {...paths.connections()}>Connect a mail server</TextLink>
      ) : (
        'An admin connects one in Settings → Connections.'
      )}
    </p>
  );
}

function Loaded({
  links,
  to,
  answered,
  edited,
  onSent,
  accounts,
}: {
  links: PreviewRecords;
  to: string;
  answered?: AnsweredEmail;
  edited?: EditedEmail;
  onSent?: (id: string) => void;
  accounts: readonly { id: string; from_email: string; name: string; paused_at: string | null }[];
}) {
  const [hasCopies, showCopies] = useState(
    edited !== undefined && edited.content.cc.length + edited.content.bcc.length > 0,
  );
  const { form, submit, error, busy, rendered, setRendered, tracking, isScheduled, schedule, ...writing } =
    useEmailSubmission({
      links,
      to,
      accountId: accounts[0]?.id ?? null,
      ...(answered && { answered }),
      ...(edited && { edited }),
      ...(onSent && { onSent }),
    });
  const { attachments, setAttachments } = writing;
  const needsTo = Object.keys(links).length === 0 && !answered;

  return (
    <form
      className={classes.root}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        submit(false);
      }}
    >
      {accounts.length > 1 && (
        <Select
          label="From"
          allowDeselect={false}
          data={accounts.map(({ id, from_email: address, name, paused_at: paused }) => ({
            value: id,
            label: `${address} (${name})${paused ? ', paused' : ''}`,
          }))}
          {...form.getInputProps('connection_id')}
        />
      )}
      <div className={classes.line}>
        <TextInput
          label="To"
          type="email"
          placeholder={needsTo ? 'jane@example.com' : 'The address of this record'}
          {...form.getInputProps('to')}
        />
        {!hasCopies && (
          <Button size="compact-sm" variant="subtle" onClick={() => showCopies(true)}>
            Cc, Bcc
          </Button>
        )}
      </div>
      {hasCopies && (
        <div className={classes.pair}>
          <TextInput label="Cc" {...form.getInputProps('cc')} />
          <TextInput label="Bcc" {...form.getInputProps('bcc')} />
        </div>
      )}
      {!edited && (
        <TemplateChoice
          links={links}
          onRendered={({ subject, html, text }, templateId) => {
            if (subject !== null) form.setFieldValue('subject', subject);
            form.setFieldValue('text', text ?? '');
            setRendered({ templateId, html });
          }}
        />
      )}
      <TextInput label="Subject" {...form.getInputProps('subject')} />
      {rendered?.html ? (
        <div>
          <EmailBody html={rendered.html} text={null} />
          <Button size="compact-sm" variant="subtle" onClick={() => setRendered(null)}>
            Edit as plain text
          </Button>
        </div>
      ) : (
        <Textarea label="Message" autosize minRows={5} maxRows={20} {...form.getInputProps('text')} />
      )}
      {attachments.length > 0 && (
        <Group gap="xs">
          {attachments.map(({ id, name }) => (
            <Pill
              key={id}
              withRemoveButton
              removeButtonProps={{ 'aria-label': `Remove ${name}` }}
              onRemove={() => setAttachments(attachments.filter((item) => item.id !== id))}
            >
              {name}
            </Pill>
          ))}
        </Group>
      )}
      {isScheduled && <SendAt {...form.getInputProps('send_at')} />}
      {error && <ErrorPanel error={error} />}
      <TrackingCheckbox tracking={tracking} />
      <div className={classes.buttons}>
        {!edited && (
          <>
            <FileButton multiple onChange={(files) => void attach(files)}>
              {(props) => (
                <Button {...props} size="xs" variant="default" leftSection={<IconPaperclip size={15} />}>
                  Attach
                </Button>
              )}
            </FileButton>
            <Button
              size="xs"
              variant="default"
              leftSection={<IconClock size={15} />}
              aria-pressed={isScheduled}
              onClick={() => schedule(!isScheduled)}
            >
              {isScheduled ? 'Send now instead' : 'Schedule'}
            </Button>
            <Button size="xs" variant="subtle" ml="auto" disabled={busy} onClick={() => submit(true)}>
              Save draft
            </Button>
          </>
        )}
        <Button type="submit" size="xs" {...(edited && { ml: 'auto' })} loading={busy}>
          {edited ? 'Save' : isScheduled ? 'Schedule email' : 'Send email'}
        </Button>
      </div>
    </form>
  );

  async function attach(files: readonly File[]) {
    try {
      for (const file of files) {
        const uploaded = await uploadAttachment(file);
        setAttachments((before) => [...before, uploaded]);
      }
    } catch (failure) {
      notifyError(failure as Error);
    }
  }
}

/** The form holds the time in UTC, as the API does. */
function SendAt({
  value,
  onChange,
  ...input
}: {
  value?: unknown;
  onChange?: (value: string | null) => void;
}) {
  return (
    <DateTimePicker
      label="Send at"
      {...input}
      value={typeof value === 'string' ? localOf(value) : null}
      onChange={(local) => onChange?.(local === null ? null : utcOf(local))}
    />
  );
}
