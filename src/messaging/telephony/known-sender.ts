import type { WorkspaceSettingsStore } from '../../account/workspace-settings.ts';
import type { Uuid } from '../../base/id.ts';
import { phoneForms } from '../../base/phone-number.ts';
import type { Database } from '../../db/pool.ts';

/** What is known of a message that comes in, and of its sender. */
export interface KnownSender {
  /** The message, if it came in before. */
  message_id: Uuid | null;
  /** The member who wrote to the number last. */
  user_id: Uuid | null;
  contact_id: Uuid | null;
  /** The lead, if there is no contact. */
  lead_id: Uuid | null;
}

/** Shorter numbers do not identify anybody (record/record-match.ts). */
const MIN_DIGITS = 7;

/** SQL: the number $5 (all its forms) and $6 (with the country code), as `phoneCondition` of record-filter.ts compares it. */
const HAS_PHONE = `(phone is not null and phone_digits(phone) = any($5::text[])
    and (ltrim(phone) not like '+%' or phone_digits(phone) = any($6::text[])))`;

/**
 * One prepared statement: of a busy number, each message would otherwise pay for six, most of them planned each time. The first
 * number of a contact counts before its further ones, then the oldest record.
 */
const KNOWN = {
  name: 'message.known-sender',
  text: `
select
  (select id from message where workspace_id = $1 and connection_id = $2 and external_id = $3) as message_id,
  (select user_id from message
   where workspace_id = $1 and peer = $4 and direction = 'out' and user_id is not null
   order by id desc limit 1) as user_id,
  coalesce(
    (select id from contact where workspace_id = $1 and deleted_at is null and ${HAS_PHONE} order by id limit 1),
    (select id from contact where workspace_id = $1 and deleted_at is null
       and other_phones <> '{}' and phone_digits_list(other_phones) && $5::text[] order by id limit 1)) as contact_id,
  (select id from lead where workspace_id = $1 and deleted_at is null and ${HAS_PHONE} order by id limit 1) as lead_id`,
};

export interface KnownSenderParts {
  db: Pick<Database, 'read'>;
  workspaceSettings: Pick<WorkspaceSettingsStore, 'recent'>;
}

export async function findKnownSender(
  { db, workspaceSettings }: KnownSenderParts,
  { workspaceId, connectionId }: { workspaceId: Uuid; connectionId: Uuid },
  externalId: string,
  from: string,
): Promise<KnownSender> {
  const { default_country: country } = await workspaceSettings.recent(workspaceId);
  const { international, all } = await phoneForms(from, country);
  const isNumber = (international[0] ?? '').length >= MIN_DIGITS;
  const forms = isNumber ? [all, international] : [[], []];
  const [known] = await db.read<KnownSender>(KNOWN, [workspaceId, connectionId, externalId, from, ...forms]);
  return known!;
}
