import { isoTime, type Clock } from '../../base/clock.ts';
import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import { query, type AfterWrite } from '../../db/query.ts';

/** What a workspace does with the mail that it receives. */
export interface InboundSettings {
  /** Whether an unknown sender becomes a contact. */
  create_contacts: boolean;
  /** Whether mails to lists (with a List-Id) are stored. */
  keep_newsletters: boolean;
  /** Whether mails between members are stored. */
  keep_internal: boolean;
  /** Whether a mail without references joins a thread of the same contact with the same subject. */
  match_subject: boolean;
}

export interface InboundSettingsStore {
  get(workspaceId: Uuid): Promise<InboundSettings>;
  update(
    workspaceId: Uuid,
    change: Partial<InboundSettings>,
    afterWrite: AfterWrite<InboundSettings>,
  ): Promise<InboundSettings>;
  /** Replaces the workspace's address; the former one no longer works. */
  replaceAddress(workspaceId: Uuid, afterWrite: AfterWrite<InboundSettings>): Promise<InboundSettings>;
}

const DEFAULTS: InboundSettings = {
  create_contacts: false,
  keep_newsletters: false,
  keep_internal: false,
  match_subject: false,
};

const COLUMNS = 'create_contacts, keep_newsletters, keep_internal, match_subject';
const GET = {
  name: 'inbound_email_setting.get',
  text: `select ${COLUMNS} from inbound_email_setting where workspace_id = $1`,
};
const SET = {
  name: 'inbound_email_setting.set',
  text: `insert into inbound_email_setting (workspace_id, ${COLUMNS}, address_version, updated_at)
         values ($1, coalesce($2, false), coalesce($3, false), coalesce($4, false), coalesce($5, false), 1 + $6, $7)
         on conflict (workspace_id) do update set
           create_contacts = coalesce($2, inbound_email_setting.create_contacts),
           keep_newsletters = coalesce($3, inbound_email_setting.keep_newsletters),
           keep_internal = coalesce($4, inbound_email_setting.keep_internal),
           match_subject = coalesce($5, inbound_email_setting.match_subject),
           address_version = inbound_email_setting.address_version + $6::integer,
           updated_at = excluded.updated_at
         returning ${COLUMNS}`,
};

export function makeInboundSettings({ db, clock }: { db: Database; clock: Clock }): InboundSettingsStore {
  const write = (
    workspaceId: Uuid,
    change: Partial<InboundSettings>,
    addresses: number,
    afterWrite: AfterWrite<InboundSettings>,
  ) =>
    db.transaction(async (trx) => {
      const [updated] = await query<InboundSettings>(trx, SET, [
        workspaceId,
        change.create_contacts ?? null,
        change.keep_newsletters ?? null,
        change.keep_internal ?? null,
        change.match_subject ?? null,
        addresses,
        isoTime(clock.now()),
      ]);
      await afterWrite(trx, updated!);
      return updated!;
    });

  return {
    async get(workspaceId) {
      const [row] = await db.read<InboundSettings>(GET, [workspaceId]);
      return row ?? DEFAULTS;
    },
    update: (workspaceId, change, afterWrite) => write(workspaceId, change, 0, afterWrite),
    replaceAddress: (workspaceId, afterWrite) => write(workspaceId, {}, 1, afterWrite),
  };
}
