import { z } from 'zod';
import { ApiError, invalid } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import { isoTime, type Clock } from '../../base/clock.ts';
import type { Caller } from '../../account/caller.ts';
import type { Database } from '../../db/pool.ts';
import { query, type Transaction } from '../../db/query.ts';
import { sql } from '../../db/sql.ts';
import type { LaneKey } from '../../events/outbox.ts';
import { route, type Ctx, type Route } from '../../http/route.ts';
import type { RecordAnswer } from '../../record/record-answer.ts';
import { writerOf } from '../../record/record-create-routes.ts';
import { chooseAccount } from './account-choice.ts';
import { dueAt, LIFETIME_MS } from './email-due.ts';
import type { Email } from './email-fields.ts';
import type { EmailEnvelope } from './email-insert-gate.ts';
import type { EmailQueue } from './email-queue.ts';
import { changeEmail, type EmailWriteParts } from './email-write.ts';

export interface EmailRouteParts extends EmailWriteParts {
  db: Database;
  clock: Clock;
  queue: EmailQueue;
  shown: RecordAnswer<Email>;
  kinds: readonly string[];
  notify(lanes: LaneKey[]): void;
}

const emptyBody = z.preprocess((sent) => sent ?? {}, z.strictObject({}));

const sendBody = z.preprocess(
  (sent) => sent ?? {},
  z.strictObject({
    ignore_suppression: z.boolean().optional().meta({
      description: 'Sends it although the recipient has unsubscribed. Owners and admins only.',
    }),
  }),
);

/** Throws `not_found` for a mail that does not exist, or that is private and not the caller's. */
export async function readableEmail(
  { emails }: Pick<EmailRouteParts, 'emails'>,
  { workspaceId, makerId }: Caller,
  id: string,
): Promise<Email> {
  const found = await emails.store.find(workspaceId, id);
  if (!found || (found.visibility === 'private' && found.user_id !== makerId))
    throw new ApiError('not_found', 'There is no email with this id that you may read.');
  return found;
}

/** What a person does with a mail that is not sent yet, or of which nobody knows whether it was. */
export function emailRoutes(parts: EmailRouteParts): Route[] {
  return [
    command(parts, {
      verb: 'cancel',
      scope: 'emails:write',
      summary: 'Cancel an email',
      description: '409 if it is being sent, or was sent.',
      body: emptyBody,
      work: cancel,
    }),
    command<{ ignore_suppression?: boolean | undefined }>(parts, {
      verb: 'send',
      scope: 'emails:send',
      summary: 'Send a draft',
      description: 'At once, or at its `send_at`. 409 if it is no draft.',
      body: sendBody,
      work: (trx, context, current) => enqueueAgain(trx, context, current, ['draft']),
    }),
    command<{ ignore_suppression?: boolean | undefined }>(parts, {
      verb: 'send-again',
      scope: 'emails:send',
      summary: 'Send an email again',
      description:
        'For an email with the status `unknown`, `failed` or `cancelled`. It has the same Message-ID: where an unknown one did arrive, many mail systems show only one of them.',
      body: sendBody,
      work: (trx, context, current) =>
        enqueueAgain(trx, context, current, ['unknown', 'failed', 'cancelled']),
    }),
  ];
}

interface CommandContext {
  parts: EmailRouteParts;
  ctx: Ctx<{ ignore_suppression?: boolean | undefined }, unknown>;
}

interface Command<Body> {
  verb: string;
  scope: string;
  summary: string;
  description: string;
  body: z.ZodType<Body>;
  /** @returns what changes in the mail */
  work(trx: Transaction, context: CommandContext, current: Email): Promise<Partial<Email>>;
}

function command<Body extends object>(
  parts: EmailRouteParts,
  { verb, scope, summary, description, body, work }: Command<Body>,
): Route {
  return route<Body>({
    method: 'POST',
    path: `/api/v1/emails/:id/${verb}`,
    scope,
    tag: 'emails',
    summary,
    description,
    body,
    answers: { 200: parts.shown.output },
    async handle(ctx) {
      const { id } = await readableEmail(parts, ctx.caller, ctx.params['id']!);
      const context = { parts, ctx: ctx as unknown as CommandContext['ctx'] };
      let lanes: LaneKey[] = [];
      const answer = await parts.db.transaction(async (trx) => {
        const current = await lockEmail(trx, parts, ctx.caller.workspaceId, id);
        const values = await work(trx, context, current);
        const changed = await changeEmail(trx, parts, writerOf(ctx), id, () => ({
          values,
          events: [{ type: 'email.updated' }],
          answer: (email) => ({ status: 200, body: JSON.stringify(email) }),
        }));
        lanes = changed?.lanes ?? [];
        return { status: 200, body: JSON.stringify(changed?.email ?? current) };
      });
      parts.notify(lanes);
      parts.queue.notify();
      return answer;
    },
  });
}

async function lockEmail(
  trx: Transaction,
  { emails }: EmailRouteParts,
  workspaceId: Uuid,
  id: Uuid,
): Promise<Email> {
  // In the order of a claim, so that the two do not wait for each other.
  await query(trx, LOCK_SEND, [workspaceId, id]);
  const [row] = await query<Record<string, unknown>>(
    trx,
    sql`select * from email where workspace_id = ${workspaceId} and id = ${id} and deleted_at is null for update`,
  );
  if (!row) throw new ApiError('not_found', 'There is no email with this id.');
  return emails.store.toRecord(row);
}

const LOCK_SEND = {
  name: 'email_send.lock',
  text: 'select email_id from email_send where workspace_id = $1 and email_id = $2 for update',
};

const CANCEL = {
  name: 'email_send.cancel',
  text: `update email_send set state = 'cancelled', settled_at = now(), to_address = null
         where workspace_id = $1 and email_id = $2 and state = 'queued' returning email_id`,
};

async function cancel(
  trx: Transaction,
  { ctx }: CommandContext,
  { id, status }: Email,
): Promise<Partial<Email>> {
  const cancelled = await query(trx, CANCEL, [ctx.caller.workspaceId, id]);
  if (cancelled.length === 0 && status !== 'draft')
    throw new ApiError('conflict', `An email with the status ${status} cannot be cancelled.`);
  return { status: 'cancelled', status_reason: null };
}

const READ_ENVELOPE = {
  name: 'email_content.envelope',
  text: 'select envelope, html, text from email_content where workspace_id = $1 and email_id = $2',
};
const SET_ENVELOPE = {
  name: 'email_content.set-envelope',
  text: 'update email_content set envelope = $3 where workspace_id = $1 and email_id = $2',
};
const BEGIN_ACCOUNT = {
  name: 'email_account.begin',
  text: `insert into email_account (workspace_id, connection_id, claimed_at, day_start, minute_start)
         values ($1, $2, '-infinity', '-infinity', '-infinity') on conflict do nothing`,
};
const ENQUEUE = {
  name: 'email_send.enqueue',
  text: `
insert into email_send (workspace_id, email_id, connection_id, to_address, is_bulk, ignores_suppression, state, due_at,
  expires_at, created_at)
values ($1, $2, $3, $4, $5, $6, 'queued', $7, $7::timestamptz + $8 * interval '1 millisecond', now())
on conflict (workspace_id, email_id) do update set
  connection_id = excluded.connection_id, to_address = excluded.to_address, state = 'queued', due_at = excluded.due_at,
  ignores_suppression = excluded.ignores_suppression, expires_at = excluded.expires_at, attempts = 0, claim = null,
  submitted_at = null, unknown_since = null, lease_until = null, settled_at = null, last_error = null
where email_send.state in ('failed', 'unknown', 'cancelled', 'sent') returning email_id`,
};

/** Queues a mail once more, or a draft for the first time: a decision of a person. */
async function enqueueAgain(
  trx: Transaction,
  { parts, ctx }: CommandContext,
  current: Email,
  from: readonly Email['status'][],
): Promise<Partial<Email>> {
  const { caller, body } = ctx;
  const { workspaceId, makerId, role } = caller;
  if (!from.includes(current.status))
    throw new ApiError(
      'conflict',
      `The email has the status ${current.status}; it must be ${from.join(' or ')}.`,
    );
  if (body.ignore_suppression && role !== 'owner' && role !== 'admin')
    throw new ApiError('forbidden', 'Only owners and admins send to suppressed addresses.');
  const account = await chooseAccount(parts, workspaceId, makerId, current.connection_id ?? null);
  // Its text is in events and timelines already.
  if (account.visibility === 'private' && current.visibility === 'team')
    throw new ApiError(
      'conflict',
      'The team can read this email, so a private account cannot send it: write it as a new email.',
    );
  const [content] = await query<{ envelope: EmailEnvelope | null; html: string | null; text: string | null }>(
    trx,
    READ_ENVELOPE,
    [workspaceId, current.id],
  );
  if (!content?.envelope) throw new ApiError('conflict', 'The content of this email was erased.');
  const isPrivate = current.visibility === 'private';
  const envelope = isPrivate ? content.envelope : { ...content.envelope, ...ownEnvelope(current) };
  envelope.from = account.fromEmail;
  envelope.from_name = account.fromName;
  if (envelope.to === null) throw invalid('to', 'is required');
  if (envelope.subject === null) throw invalid('subject', 'is required');
  if (content.html === null && content.text === null) throw invalid('text', 'is required');
  const dueMs = dueAt(parts.clock.now(), current.send_at);
  await query(trx, SET_ENVELOPE, [workspaceId, current.id, JSON.stringify(envelope)]);
  await query(trx, BEGIN_ACCOUNT, [workspaceId, account.connectionId]);
  const queued = await query(trx, ENQUEUE, [
    workspaceId,
    current.id,
    account.connectionId,
    envelope.to,
    current.template_id !== null || envelope.unsubscribe === true,
    body.ignore_suppression === true,
    isoTime(dueMs),
    LIFETIME_MS,
  ]);
  if (queued.length === 0) throw new ApiError('conflict', 'The email is in the queue already.');
  return {
    status: dueMs > parts.clock.now() ? 'scheduled' : 'queued',
    status_reason: null,
    connection_id: account.connectionId,
    ...(!isPrivate && { from: envelope.from, from_name: envelope.from_name }),
  };
}

function ownEnvelope({ to, to_name, cc, bcc, subject }: Email): Partial<EmailEnvelope> {
  return { to, to_name, cc, bcc, subject };
}
