import { useState } from 'react';
import {
  emails,
  useSendEmail,
  type Email,
  type EmailAttachment,
  type EmailContentAnswer,
  type PreviewRecords,
} from '../api/email-queries.ts';
import { useUpdateRecord } from '../api/record-queries.ts';
import { notifyDone } from '../ui/notify.tsx';
import { useApiForm } from '../ui/use-api-form.ts';
import { addressesIn, htmlOfText } from './email-text.ts';
import { useTrackingChoice } from './tracking-choice.tsx';

interface Values {
  connection_id: string | null;
  to: string;
  cc: string;
  bcc: string;
  subject: string;
  text: string;
  send_at: string | null;
  is_draft: boolean;
}

/** HTML that is sent as it is shown: what a template was rendered to, or that of the email that is changed. */
interface Rendered {
  templateId: string | null;
  html: string | null;
}

/** An email that is a draft or scheduled, with its content. */
export interface EditedEmail {
  email: Email;
  content: EmailContentAnswer;
}

/** An answer to an email. */
export interface AnsweredEmail {
  id: string;
  subject: string;
}

const DONE: Partial<Record<Email['status'], string>> = {
  scheduled: 'Email scheduled',
  draft: 'Draft saved',
};

function initialValues({
  accountId,
  to,
  answered,
  edited,
}: {
  accountId: string | null;
  to: string;
  answered: AnsweredEmail | undefined;
  edited: EditedEmail | undefined;
}): Values {
  const blank = { connection_id: accountId, is_draft: false };
  if (!edited)
    return { ...blank, to, cc: '', bcc: '', subject: answered?.subject ?? '', text: '', send_at: null };
  const { email, content } = edited;
  return {
    ...blank,
    to: content.to ?? '',
    cc: content.cc.join(', '),
    bcc: content.bcc.join(', '),
    subject: content.subject ?? '',
    text: content.text ?? '',
    send_at: email.send_at,
  };
}

/** What the form of an email holds, and how it is sent, kept as a draft, or saved. */
export function useEmailSubmission({
  links,
  to,
  accountId,
  answered,
  edited,
  onSent,
}: {
  links: PreviewRecords;
  to: string;
  accountId: string | null;
  answered?: AnsweredEmail;
  edited?: EditedEmail;
  onSent?: (id: string) => void;
}) {
  const { mutateAsync: send } = useSendEmail();
  const { mutateAsync: update } = useUpdateRecord(emails);
  const tracking = useTrackingChoice(edited?.email);
  const [rendered, setRendered] = useState<Rendered | null>(
    edited?.content.html ? { templateId: null, html: edited.content.html } : null,
  );
  const [attachments, setAttachments] = useState<readonly EmailAttachment[]>([]);
  const [isScheduled, schedule] = useState(edited?.email.status === 'scheduled');
  const empty = initialValues({ accountId, to, answered, edited });

  const bodyOf = ({ text }: Values) => {
    if (rendered?.html) return { html: rendered.html, text };
    return tracking.isTracked ? { html: htmlOfText(text), text } : { text };
  };
  const commonOf = (values: Values) => ({
    cc: addressesIn(values.cc),
    bcc: addressesIn(values.bcc),
    subject: values.subject,
    ...bodyOf(values),
    ...tracking.fields,
    ...(isScheduled && values.send_at !== null && { send_at: values.send_at }),
  });
  const save = (values: Values, { id, version }: Email) =>
    update({ id, version, change: { ...commonOf(values), to: values.to.trim() || null } });
  const create = (values: Values) =>
    send({
      ...links,
      ...commonOf(values),
      connection_id: values.connection_id,
      ...(values.to.trim() !== '' && { to: values.to.trim() }),
      ...(rendered?.templateId != null && { template_id: rendered.templateId }),
      attachments: attachments.map(({ id }) => id),
      ...(answered && { reply_to_email_id: answered.id }),
      ...(values.is_draft && { status: 'draft' as const }),
    });

  const { form, error, busy, onSubmit } = useApiForm<Values>(empty, async (values, current) => {
    const email = await (edited ? save(values, edited.email) : create(values));
    if (!edited) {
      current.setValues(empty);
      setRendered(null);
      setAttachments([]);
      tracking.reset();
    }
    notifyDone(edited ? 'Email saved' : (DONE[email.status] ?? 'Email on its way'));
    onSent?.(email.id);
  });
  const submit = (isDraft: boolean) => {
    form.setFieldValue('is_draft', isDraft);
    onSubmit();
  };
  return {
    form,
    error,
    busy,
    submit,
    rendered,
    setRendered,
    attachments,
    setAttachments,
    tracking,
    isScheduled,
    schedule,
  };
}
