import type { InsertGate } from '../../record/insert-gate.ts';
import type { MailProblem } from '../inbound/parsed-email.ts';

/** What is written with a new mail, besides its record. */
export interface EmailRelated {
  content: {
    html: string | null;
    text: string | null;
    envelope: EmailEnvelope;
    reference_ids: readonly string[];
    attachments: readonly StoredAttachment[];
  };
  /** Null for a draft, and for a mail that was received. */
  send: {
    connection_id: string;
    to_address: string;
    is_bulk: boolean;
    ignores_suppression: boolean;
    due_at: string;
    expires_at: string;
  } | null;
  thread: {
    id: string | null;
    subject_key: string | null;
    visibility: 'team' | 'private';
    user_id: string | null;
  };
}

/** Who a mail is from and to, also of a private one. */
export interface EmailEnvelope {
  /** Why the content of a received mail was not read. */
  problem?: MailProblem;
  /** Whether it gets unsubscribe headers although it has no template: a draft is sent later. */
  unsubscribe?: boolean;
  from: string;
  from_name: string | null;
  reply_to: string | null;
  to: string | null;
  to_name: string | null;
  cc: readonly string[];
  bcc: readonly string[];
  subject: string | null;
}

export interface StoredAttachment {
  /** Null for one of a received mail that was not stored. */
  file_id: string | null;
  name: string;
  content_type: string;
  size: number;
  /** Without angle brackets. */
  content_id: string | null;
  /** Why it was not stored. */
  problem?: 'too_large' | 'no_space' | 'too_many';
}

/** Writes content, thread and queue row in the statement that writes the mail. No mail is refused. */
const RELATED_ROWS = `
contents as (
  insert into email_content (workspace_id, email_id, html, text, envelope, reference_ids, attachments)
  select i.workspace_id, i.id, c.html, c.text, c.envelope, c.reference_ids, c.attachments
  from input i join written w using (workspace_id, id)
  cross join lateral json_to_record(i.content)
    as c(html text, text text, envelope json, reference_ids text[], attachments json)
),
threads as (
  insert into email_thread (workspace_id, id, subject_key, visibility, user_id, email_count, last_at, created_at)
  select t.workspace_id, t.id, (array_agg(t.subject_key order by t.n))[1], (array_agg(t.visibility order by t.n))[1],
         (array_agg(t.user_id order by t.n))[1], count(*)::int, max(t.at), min(t.at)
  from (
    select i.n, i.workspace_id, i.at, coalesce(t.id, i.id) as id, t.subject_key, t.visibility, t.user_id
    from input i join written w using (workspace_id, id)
    cross join lateral json_to_record(i.thread) as t(id uuid, subject_key text, visibility text, user_id uuid)
  ) t
  group by t.workspace_id, t.id order by t.workspace_id, t.id
  on conflict (workspace_id, id) do update
    set email_count = email_thread.email_count + excluded.email_count,
        last_at = greatest(email_thread.last_at, excluded.last_at)
),
sends as (
  select i.n, i.workspace_id, i.id, i.at, s.*
  from input i join written w using (workspace_id, id)
  cross join lateral json_to_record(i.send) as s(connection_id uuid, to_address text, is_bulk boolean,
    ignores_suppression boolean, due_at timestamptz, expires_at timestamptz)
  where json_typeof(i.send) = 'object'
),
accounts as (
  insert into email_account (workspace_id, connection_id, claimed_at, day_start, minute_start)
  select distinct s.workspace_id, s.connection_id, '-infinity'::timestamptz, '-infinity'::timestamptz, '-infinity'::timestamptz
  from sends s on conflict do nothing
),
queued_sends as (
  insert into email_send (workspace_id, email_id, connection_id, to_address, is_bulk, ignores_suppression, state, due_at,
    expires_at, created_at)
  select s.workspace_id, s.id, s.connection_id, s.to_address, s.is_bulk, s.ignores_suppression, 'queued', s.due_at,
    s.expires_at, s.at
  from sends s
)`;

/** The gate of new mails. */
export const emailInsertGate: InsertGate = {
  sql: {
    columns: 'content json, send json, thread json',
    gate: 'gate_refused as (select null::int as unit where false)',
    entry: 'input as materialized (select * from admitted)',
    related: RELATED_ROWS,
    result: 'null::json',
    after: () => 'nothing as (select 1)',
  },
  refused: () => Promise.resolve(new Map()),
};
