import { isoTime } from '../../base/clock.ts';
import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import { query, type Transaction } from '../../db/query.ts';
import type { LaneKey } from '../../events/outbox.ts';
import type { Notices } from '../../account/notice.ts';
import { headerText, type MailMessage } from '../../mail/mail-message.ts';
import { pauseAfter } from '../../mail/sender-loop.ts';
import { classifyBounce, statusOf } from '../suppressions/bounce-class.ts';
import type { Email } from './email-fields.ts';
import type { SendResult } from './email-provider.ts';
import type { ClaimedEmail, EmailQueue } from './email-queue.ts';
import { bounceValues, shortened, storableId, type BounceKind, type ReportEffect } from './email-report.ts';
import { changeEmail, DELIVERY_ACTOR, type EmailChange, type EmailWriteParts } from './email-write.ts';

/** How an attempt ended, as the metrics say it. */
export type EmailAttemptOutcome =
  | 'sent'
  | 'bounced'
  | 'retried'
  | 'failed'
  | 'unknown'
  | 'account_refused'
  | 'claim_lost';

export interface EmailOutcomeParts extends EmailWriteParts {
  db: Database;
  queue: EmailQueue;
  notices: Pick<Notices, 'post'>;
  notify(lanes: LaneKey[]): void;
  random: () => number;
  /** The page of a connection. */
  connectionUrl(id: Uuid): string;
  /** What suppressions do with a bounce at RCPT. */
  effects: readonly ReportEffect[];
}

/**
 * Stores what became of an attempt, and fires its event, in one transaction.
 * @param wasTried false: it was given up without another attempt
 */
export async function storeOutcome(
  parts: EmailOutcomeParts,
  email: ClaimedEmail,
  result: SendResult,
  { wasTried = true }: { wasTried?: boolean } = {},
): Promise<EmailAttemptOutcome> {
  const { db, notify } = parts;
  let lanes: LaneKey[] = [];
  const stored = storableResult(result);
  const outcome = await db.transaction(async (trx) => {
    lanes = [];
    const isClear = stored.outcome === 'accepted' || stored.outcome === 'bounced';
    const isAccepted = wasTried && !isClear && (await isReportedWithin(trx, email));
    const known: SendResult = isAccepted ? { outcome: 'accepted', providerId: null } : stored;
    return storeWithin(parts, trx, email, known, lanes);
  });
  notify(lanes);
  return outcome;
}

/** What a mail system wrote, as it can be stored: it may contain anything. */
function storableResult(result: SendResult): SendResult {
  if (result.outcome === 'accepted') return { ...result, providerId: storableId(result.providerId) };
  return { ...result, text: shortened(result.text) ?? '' };
}

/** Statuses that only a report gives to a mail that is being sent: the mail system has it, whatever the attempt says. */
const REPORTED: ReadonlySet<Email['status']> = new Set(['delivered', 'deferred', 'bounced']);

/** Whether a report has overtaken the answer to the attempt that is under way. */
export function isReported({ status }: Pick<Email, 'status'>): boolean {
  return REPORTED.has(status);
}

/** The queue row is locked first, as by a report: the one that comes second sees what the other wrote. */
const LOCK_SEND = {
  name: 'email_send.lock-for-outcome',
  text: 'select claim from email_send where workspace_id = $1 and email_id = $2 for update',
};
const STATUS = {
  name: 'email.status-for-outcome',
  text: 'select status from email where workspace_id = $1 and id = $2',
};

async function isReportedWithin(trx: Transaction, { workspaceId, id }: ClaimedEmail): Promise<boolean> {
  await query(trx, LOCK_SEND, [workspaceId, id]);
  const [email] = await query<Pick<Email, 'status'>>(trx, STATUS, [workspaceId, id]);
  return email !== undefined && isReported(email);
}

async function storeWithin(
  parts: EmailOutcomeParts,
  trx: Transaction,
  claimed: ClaimedEmail,
  result: SendResult,
  lanes: LaneKey[],
): Promise<EmailAttemptOutcome> {
  const { queue, clock, random } = parts;
  const at = isoTime(clock.now());
  const write = async (change: (current: Email) => EmailChange | null) => {
    const writer = { workspaceId: claimed.workspaceId, actor: DELIVERY_ACTOR };
    const changed = await changeEmail(trx, parts, writer, claimed.id, change);
    if (changed) lanes.push(...changed.lanes);
    return changed?.email;
  };
  switch (result.outcome) {
    case 'accepted':
      if (!(await queue.settle(trx, claimed, 'sent', null))) return 'claim_lost';
      await write((current) => acceptedChange(current, result.providerId, at));
      return 'sent';
    case 'bounced': {
      if (!(await queue.settle(trx, claimed, 'sent', result.text))) return 'claim_lost';
      const bounce = { kind: classifyBounce(result), status: statusOf(result) };
      const email = await write(({ bounce_kind: known }) =>
        known === null
          ? { values: bounceValues(bounce, result.text), events: [{ type: 'email.bounced' }] }
          : null,
      );
      if (email) lanes.push(...(await applyEffects(parts, trx, claimed, email, bounce, result.text)));
      return 'bounced';
    }
    case 'failed':
      if (!(await queue.settle(trx, claimed, 'failed', result.text))) return 'claim_lost';
      await write(() => failedChange(result.text));
      return 'failed';
    case 'unknown':
      if (!(await queue.settle(trx, claimed, 'unknown', result.text))) return 'claim_lost';
      await write(({ sent_at: sentAt }) =>
        sentAt === null ? { values: { status: 'unknown', status_reason: result.text } } : null,
      );
      return 'unknown';
    case 'account_refused':
      await pauseAccount(parts, trx, claimed, result.text, at);
      return retry(0, 'account_refused');
    default: {
      const pause = Math.max(pauseAfter(claimed.attempts, random()), result.retryAfterMs ?? 0);
      return retry(pause, 'retried');
    }
  }

  async function retry(
    pauseMs: number,
    outcome: 'retried' | 'account_refused',
  ): Promise<EmailAttemptOutcome> {
    const { text, mayBeAccepted = false } = result as { text: string; mayBeAccepted?: boolean };
    const state = await queue.retry(trx, claimed, pauseMs, text, mayBeAccepted);
    if (state === null) return 'claim_lost';
    const status = outcome === 'retried' ? 'deferred' : 'queued';
    await write(() =>
      state === 'failed' ? failedChange(text) : { values: { status, status_reason: text } },
    );
    return state === 'failed' ? 'failed' : outcome;
  }
}

/** A report may have come before: it then says more. */
function acceptedChange(current: Email, providerId: string | null, at: string): EmailChange | null {
  const isFirst = current.sent_at === null;
  const isOver = current.status === 'delivered' || current.status === 'bounced';
  return {
    values: {
      provider_id: providerId ?? current.provider_id,
      ...(isFirst && { sent_at: at }),
      ...(!isOver && { status: 'sent', status_reason: null }),
    },
    events: isFirst ? [{ type: 'email.sent' }] : [],
  };
}

function failedChange(text: string): EmailChange {
  return {
    values: { status: 'failed', status_reason: text },
    events: [{ type: 'email.failed' }],
  };
}

async function applyEffects(
  { effects, clock }: EmailOutcomeParts,
  trx: Transaction,
  { workspaceId, id }: ClaimedEmail,
  email: Email,
  bounce: { kind: BounceKind; status: string | null },
  text: string,
): Promise<LaneKey[]> {
  const lanes: LaneKey[] = [];
  const [row] = await query<{ to: string | null }>(trx, RECIPIENT, [workspaceId, id]);
  const report = { kind: 'bounced' as const, at: clock.now(), emailId: id, bounce, text };
  const about = { workspaceId, id, email, recipient: email.to ?? row?.to ?? null };
  for (const effect of effects) lanes.push(...(await effect(trx, report, about)));
  return lanes;
}

const RECIPIENT = {
  name: 'email_content.recipient',
  text: `select envelope->>'to' as to from email_content where workspace_id = $1 and email_id = $2`,
};

const PAUSE = {
  name: 'email_account.pause',
  text: `update email_account set paused_at = $3, pause_reason = $4
         where workspace_id = $1 and connection_id = $2 and paused_at is null returning connection_id`,
};
const ACCOUNT_NAME = {
  name: 'email_account.name',
  text: 'select name from connection where workspace_id = $1 and id = $2',
};

/** Pauses an account that its provider refuses, with a notice to owners and admins: once until it is resumed. */
async function pauseAccount(
  { notices, connectionUrl }: EmailOutcomeParts,
  trx: Transaction,
  { workspaceId, connectionId }: ClaimedEmail,
  reason: string,
  at: string,
): Promise<void> {
  const paused = await query(trx, PAUSE, [workspaceId, connectionId, at, reason]);
  if (paused.length === 0) return;
  const [account] = await query<{ name: string }>(trx, ACCOUNT_NAME, [workspaceId, connectionId]);
  await notices.post(trx, workspaceId, {
    type: 'email.account_paused',
    object_type: 'connection',
    object_id: connectionId,
    details: { name: account?.name ?? '', reason },
    at,
    messageFor: (to, workspace) =>
      accountPausedMessage(to, {
        workspace,
        name: account?.name ?? '',
        reason,
        url: connectionUrl(connectionId),
      }),
  });
}

function accountPausedMessage(
  to: string,
  account: { workspace: string; name: string; reason: string; url: string },
): MailMessage {
  const [name, workspace] = [headerText(account.name), headerText(account.workspace)];
  return {
    to: { address: to },
    subject: `The email account ${name} was paused`,
    text: `The mail system refuses the email account ${name} of the workspace ${workspace}:

${account.reason}

Its emails wait. Correct the account here, then resume it:

${account.url}
`,
    isAutomatic: true,
  };
}
