import { lazy, Suspense } from 'react';
import type { Email } from '../api/email-queries.ts';
import { PersonName } from '../record/person.tsx';
import { viewOf, type FieldView } from '../record/object-view.ts';
import { EmailStatus } from './email-status.tsx';

/** Loaded on demand: lists need none of them. */
const EmailContent = lazy(async () => ({ default: (await import('./email-content.tsx')).EmailContent }));
const EmailActions = lazy(async () => ({ default: (await import('./email-actions.tsx')).EmailActions }));
const EmailList = lazy(async () => ({ default: (await import('./email-list.tsx')).EmailList }));
const EmailHits = lazy(async () => ({ default: (await import('./email-hits.tsx')).EmailHits }));
const EmailDrawer = lazy(async () => ({ default: (await import('./email-drawer.tsx')).EmailDrawer }));

const HIDDEN: FieldView<Email> = { Input: null, Cell: null, Value: null, Filter: null };
/** Shown with the text, or by a button. */
const WITH_TEXT: FieldView<Email> = { Input: null, Value: null };

/** An email is written in a form of its own, and does not change once it is sent. */
export const emailView = viewOf<Email>({
  hidesUpdated: true,
  isNameEnough: false,
  createScope: 'emails:send',
  fields: {
    direction: { isRare: true },
    status: {
      Input: null,
      Cell: ({ record }) => <EmailStatus {...record} />,
      Value: null,
      column: { width: '8rem' },
    },
    connection_id: HIDDEN,
    thread_id: HIDDEN,
    message_id: HIDDEN,
    provider_id: HIDDEN,
    in_reply_to: HIDDEN,
    from: WITH_TEXT,
    from_name: HIDDEN,
    to: { ...WITH_TEXT, column: { width: '14rem', desktopOnly: true } },
    to_name: HIDDEN,
    cc: HIDDEN,
    bcc: HIDDEN,
    dropped_recipients: HIDDEN,
    content_version: HIDDEN,
    unread: { Input: null, Cell: null, Value: null },
    subject: { Value: null, Input: null },
    snippet: HIDDEN,
    topic_id: HIDDEN,
    template_id: { Input: null, isFixed: () => true },
    user_id: { Input: null, Value: ({ value }) => <PersonName id={String(value)} /> },
    visibility: { isShown: ({ visibility }) => visibility === 'private' },
    send_at: { Input: null, isRare: true },
    delivered_at: { isRare: true },
    received_at: { isRare: true },
    opens: { isShown: ({ track_opens: isTracked }) => isTracked },
    human_opens: { isShown: ({ track_opens: isTracked }) => isTracked },
    first_opened_at: { isRare: true },
    clicks: { isShown: ({ track_clicks: isTracked }) => isTracked },
    human_clicks: { isShown: ({ track_clicks: isTracked }) => isTracked },
    first_clicked_at: { isRare: true },
    bounce_kind: { isRare: true },
    bounce_status: { isRare: true },
    bounce_reason: { Value: null },
    status_reason: { Value: null },
    track_opens: { Input: null, isShown: () => false },
    track_clicks: { Input: null, isShown: () => false },
    size: HIDDEN,
    auto_reply: { Input: null, isShown: ({ auto_reply: isAutomatic }) => isAutomatic },
  },
  emptyText: 'Emails that you send to contacts and leads, and their answers.',
  Badge: ({ record }) => <EmailStatus status={record.status} />,
  Actions: ({ record }) => (
    <Suspense>
      <EmailActions email={record} />
    </Suspense>
  ),
  Progress: ({ record }) => (
    <Suspense>
      <EmailContent email={record} />
      <EmailHits email={record} />
    </Suspense>
  ),
  List: EmailList,
  CreateForm: ({ initial, onClose, onSaved }) => (
    <Suspense>
      <EmailDrawer links={linksIn(initial)} onClose={onClose} onSent={(id) => onSaved({ id })} />
    </Suspense>
  ),
});

const LINKS = ['contact_id', 'company_id', 'deal_id', 'lead_id'] as const;

/** The records among what a form starts with. */
function linksIn(initial: Readonly<Record<string, unknown>> = {}) {
  return Object.fromEntries(
    LINKS.flatMap((key) => (typeof initial[key] === 'string' ? [[key, initial[key]]] : [])),
  );
}
