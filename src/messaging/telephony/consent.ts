import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import { query, type Queryable } from '../../db/query.ts';

export const CONSENT_CHANNELS = ['sms', 'call'] as const;
export const CONSENT_STATUSES = ['opted_in', 'opted_out'] as const;
export const CONSENT_SOURCES = ['keyword', 'carrier', 'api', 'form', 'import'] as const;

export type ConsentChannel = (typeof CONSENT_CHANNELS)[number];

/** Whether a person wants messages or calls. Without one, there was no wish either way. */
export interface Consent {
  channel: ConsentChannel;
  /** The number, as in `+491711234567`. */
  address: string;
  status: (typeof CONSENT_STATUSES)[number];
  source: (typeof CONSENT_SOURCES)[number];
  /** The words of the person, or a note. */
  text: string | null;
  changed_by: string;
  changed_at: string;
}

export type NewConsent = Omit<Consent, 'changed_at'>;

const COLUMNS = 'channel, address, status, source, text, changed_by, changed_at';

const SET = {
  name: 'consent.set',
  text: `insert into consent (workspace_id, ${COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, now())
         on conflict (workspace_id, channel, address) do update
         set status = excluded.status, source = excluded.source, text = excluded.text,
             changed_by = excluded.changed_by, changed_at = excluded.changed_at
         returning ${COLUMNS}`,
};
const IS_OUT = {
  name: 'consent.is-opted-out',
  text: `select from consent where workspace_id = $1 and channel = $2 and address = $3 and status = 'opted_out'`,
};
const LIST = {
  name: 'consent.list',
  text: `select ${COLUMNS} from consent
         where workspace_id = $1 and ($2::text is null or channel = $2) and ($3::text is null or address = $3)
           and ($4::text is null or status = $4) and ($5::text is null or (channel, address) > ($5, $6))
         order by channel, address limit $7`,
};

export async function setConsent(on: Queryable, workspaceId: Uuid, consent: NewConsent): Promise<Consent> {
  const { channel, address, status, source, text, changed_by: by } = consent;
  const [row] = await query<Consent>(on, SET, [workspaceId, channel, address, status, source, text, by]);
  return row!;
}

export async function hasOptedOut(
  db: Pick<Database, 'read'>,
  workspaceId: Uuid,
  channel: ConsentChannel,
  address: string,
): Promise<boolean> {
  return (await db.read(IS_OUT, [workspaceId, channel, address])).length > 0;
}

export interface ConsentFilter {
  channel: string | null;
  address: string | null;
  status: string | null;
}

/** By channel and number. @param after the last one of the previous page */
export function listConsents(
  db: Pick<Database, 'read'>,
  workspaceId: Uuid,
  { channel, address, status }: ConsentFilter,
  limit: number,
  after: Pick<Consent, 'channel' | 'address'> | null,
): Promise<Consent[]> {
  return db.read<Consent>(LIST, [
    workspaceId,
    channel,
    address,
    status,
    after?.channel ?? null,
    after?.address ?? null,
    limit,
  ]);
}

/** SQL: whether the recipient of the message `m` has opted out. */
export const IS_RECIPIENT_OPTED_OUT = `exists (
  select from consent x
  where x.workspace_id = m.workspace_id and x.channel = 'sms' and x.address = m."to" and x.status = 'opted_out')`;
