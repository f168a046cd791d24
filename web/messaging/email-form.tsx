import { Button, FileButton, Group, Pill, Select, Textarea, TextInput } from '@mantine/core';
import { IconClock, IconPaperclip } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import {
  emailAccountsQuery,
  readPreview,
  templates,
  uploadAttachment,
  useSendEmail,
  type EmailAttachment,
  type PreviewRecords,
} from '../api/email-queries.ts';
import { useHasScope } from '../api/session-queries.ts';
import { paths } from '../paths.ts';
import { DateTimePicker } from '../ui/date-inputs.tsx';
import { ErrorPanel } from '../ui/error-panel.tsx';
import { localOf, utcOf } from '../ui/format.ts';
import { notifyDone, notifyError } from '../ui/notify.tsx';
import { TextLink } from '../ui/router-links.tsx';
import { useApiForm } from '../ui/use-api-form.ts';
import { EmailBody } from './email-body.tsx';
import classes from './email-form.module.css';

interface Values {
  connection_id: string | null;
  to: string;
  cc: string;
  bcc: string;
  subject: string;
  text: string;
  send_at: string | null;
}

/** What a template was rendered to; sent as it was shown. */
interface Rendered {
  templateId: string;
  html: string | null;
}

/** An answer to an email. */
export interface AnsweredEmail {
  id: string;
  subject: string;
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
  onSent,
  accounts,
}: {
  links: PreviewRecords;
  to: string;
  answered?: AnsweredEmail;
  onSent?: (id: string) => void;
  accounts: readonly { id: string; from_email: string; name: string; paused_at: string | null }[];
}) {
  const { mutateAsync: send } = useSendEmail();
  const [rendered, setRendered] = useState<Rendered | null>(null);
  const [attachments, setAttachments] = useState<readonly EmailAttachment[]>([]);
  const [hasCopies, showCopies] = useState(false);
  const [isScheduled, schedule] = useState(false);
  const empty: Values = {
    connection_id: accounts[0]?.id ?? null,
    to,
    cc: '',
    bcc: '',
    subject: answered?.subject ?? '',
    text: '',
    send_at: null,
  };
  const api = useApiForm<Values>(empty, async (values, form) => {
    const email = await send({
      ...links,
      connection_id: values.connection_id,
      ...(values.to.trim() !== '' && { to: values.to.trim() }),
      cc: addresses(values.cc),
      bcc: addresses(values.bcc),
      subject: values.subject,
      ...(rendered
        ? { template_id: rendered.templateId, html: rendered.html, text: values.text }
        : { text: values.text }),
      attachments: attachments.map(({ id }) => id),
      ...(isScheduled && values.send_at !== null && { send_at: values.send_at }),
      ...(answered && { reply_to_email_id: answered.id }),
    });
    form.setValues(empty);
    setRendered(null);
    setAttachments([]);
    notifyDone(email.status === 'scheduled' ? 'Email scheduled' : 'Email on its way');
    onSent?.(email.id);
  });
  const { form } = api;
  const needsTo = Object.keys(links).length === 0 && !answered;

  return (
    <form className={classes.root} onSubmit={api.onSubmit} noValidate>
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
      <TemplateChoice
        links={links}
        onRendered={({ subject, html, text }, templateId) => {
          if (subject !== null) form.setFieldValue('subject', subject);
          form.setFieldValue('text', text ?? '');
          setRendered({ templateId, html });
        }}
      />
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
      {api.error && <ErrorPanel error={api.error} />}
      <div className={classes.buttons}>
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
        <Button type="submit" size="xs" ml="auto" loading={api.busy}>
          {isScheduled ? 'Schedule email' : 'Send email'}
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
    } catch (error) {
      notifyError(error as Error);
    }
  }
}

/** Fills in a template with the values of the record. */
function TemplateChoice({
  links,
  onRendered,
}: {
  links: PreviewRecords;
  onRendered: (
    rendered: { subject: string | null; html: string | null; text: string | null },
    templateId: string,
  ) => void;
}) {
  const may = useHasScope('templates:read');
  const { data = [] } = useInfiniteQuery({ ...templates.list(), enabled: may });
  const [chosen, choose] = useState<string | null>(null);
  if (data.length === 0) return null;
  const render = async (id: string | null) => {
    choose(id);
    if (id === null) return;
    try {
      onRendered(await readPreview(id, links), id);
    } catch (error) {
      choose(null);
      notifyError(error as Error);
    }
  };
  return (
    <Select
      label="Template"
      placeholder="None"
      clearable
      searchable
      value={chosen}
      data={data.map(({ id, name }) => ({ value: id, label: name }))}
      onChange={(id) => void render(id)}
    />
  );
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

function addresses(typed: string): string[] {
  return typed
    .split(/[\s,;]+/)
    .map((address) => address.trim())
    .filter((address) => address !== '');
}
