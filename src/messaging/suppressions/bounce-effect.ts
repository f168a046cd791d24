import { isoTime, type Clock } from '../../base/clock.ts';
import type { Notices } from '../../account/notice.ts';
import type { Uuid } from '../../base/id.ts';
import { query, type Transaction } from '../../db/query.ts';
import type { EmailReport, ReportEffect } from '../emails/email-report.ts';
import { addressHash } from './suppression.ts';
import type { Suppressions } from './suppression-store.ts';
import { RECIPIENT, unsubscribe, type UnsubscribeParts } from './unsubscribe.ts';

export interface BounceEffectParts extends UnsubscribeParts {
  clock: Clock;
  suppressions: Suppressions;
  notices: Pick<Notices, 'postTo'>;
}

/** An address that bounces softly this often, over at least this time, and never takes a mail, does not work. */
const SOFT_BOUNCES = { count: 5, days: 7 } as const;

const ADD_SOFT_BOUNCE = {
  name: 'email_soft_bounce.add',
  text: `insert into email_soft_bounce (workspace_id, email_id, address_hash, at)
         values ($1, $2, ${addressHash('$3')}, $4) on conflict do nothing`,
};
const IS_LASTING = {
  name: 'email_soft_bounce.is-lasting',
  text: `select count(*) >= ${SOFT_BOUNCES.count}
                and max(at) - min(at) >= interval '${SOFT_BOUNCES.days} days' as lasting
         from email_soft_bounce where workspace_id = $1 and address_hash = ${addressHash('$2')}`,
};
const DELETE_SOFT_BOUNCES = {
  name: 'email_soft_bounce.delete',
  text: `delete from email_soft_bounce where workspace_id = $1 and address_hash = ${addressHash('$2')} and at <= $3`,
};
const BLOCK_READERS = {
  name: 'email.block-readers',
  text: `select m.user_id as "userId" from member m
         where m.workspace_id = $1 and m.role in ('owner', 'admin') and not exists (
           select from notice n
           where n.workspace_id = m.workspace_id and n.user_id = m.user_id and n.object_id = $2 and n.type = 'email.blocked'
             and n.created_at > now() - interval '1 day')`,
};

/** What a report about a mail means for its address (EM3). The same report again changes nothing. */
export function bounceEffect(parts: BounceEffectParts): ReportEffect {
  return async (trx, report, { workspaceId, id, email, recipient: address }) => {
    if (address === null) return [];
    const from = { workspaceId, address, emailId: id };
    switch (report.kind) {
      case 'bounced':
        await applyBounce(trx, parts, report, { ...from, accountId: email.connection_id });
        return [];
      case 'delivered':
        await query(trx, DELETE_SOFT_BOUNCES, [workspaceId, address, isoTime(report.at)]);
        return [];
      case 'complained':
        return unsubscribe(trx, parts, { ...from, topicId: null, reason: 'complaint' });
      case 'unsubscribed':
        return unsubscribe(trx, parts, { ...from, topicId: null, reason: 'unsubscribe' });
      default:
        return [];
    }
  };
}

interface BouncedMail {
  workspaceId: Uuid;
  address: string;
  emailId: Uuid;
  accountId: string | null;
}

async function applyBounce(
  trx: Transaction,
  parts: BounceEffectParts,
  { at, bounce, text }: EmailReport,
  mail: BouncedMail,
): Promise<void> {
  const { workspaceId, address, emailId } = mail;
  if (bounce?.kind === 'block') return notifyOfBlock(trx, parts, mail, text);
  let note: string | null = null;
  if (bounce?.kind === 'soft') {
    await query(trx, ADD_SOFT_BOUNCE, [workspaceId, emailId, address, isoTime(at)]);
    const [row] = await query<{ lasting: boolean }>(trx, IS_LASTING, [workspaceId, address]);
    if (!row!.lasting) return;
    note = `${SOFT_BOUNCES.count} soft bounces over ${SOFT_BOUNCES.days} days`;
  }
  const input = { address, reason: 'hard_bounce' as const, topicId: null, emailId, note };
  await parts.suppressions.add(trx, { workspaceId, actor: RECIPIENT }, input);
}

/** Once a day and account: a block is about the sender, and hits many mails at once. */
async function notifyOfBlock(
  trx: Transaction,
  { notices, clock }: BounceEffectParts,
  { workspaceId, emailId, accountId }: BouncedMail,
  text: string | undefined,
): Promise<void> {
  const objectId = accountId ?? emailId;
  const readers = await query<{ userId: Uuid }>(trx, BLOCK_READERS, [workspaceId, objectId]);
  for (const { userId } of readers)
    await notices.postTo(
      trx,
      { workspaceId, userId },
      {
        type: 'email.blocked',
        object_type: accountId === null ? 'email' : 'connection',
        object_id: objectId,
        details: {
          reason: withoutAddresses(text ?? '')
            .slice(0, 300)
            .toWellFormed(),
          email_id: emailId,
        },
        at: isoTime(clock.now()),
      },
    );
}

const MAX_READ = 2_000;

function withoutAddresses(text: string): string {
  return text
    .slice(0, MAX_READ)
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .replaceAll(/[^\s<>@]+@[^\s<>@]+/g, '…')
    .trim();
}
