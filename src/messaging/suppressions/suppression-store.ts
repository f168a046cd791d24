import { isoTime, type Clock } from '../../base/clock.ts';
import { ApiError } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import { query, type AfterWrite, type Transaction } from '../../db/query.ts';
import { addressHash, type NewSuppression, type Suppression, type SuppressionReason } from './suppression.ts';

export interface SuppressionFilter {
  email: string | null;
  reason: SuppressionReason | null;
  topicId: Uuid | null;
}

interface Writer {
  workspaceId: Uuid;
  actor: string;
}

export interface Suppressions {
  /** Newest first; only ids smaller than `after`. */
  list(
    workspaceId: Uuid,
    filter: SuppressionFilter,
    limit: number,
    after: Uuid | null,
  ): Promise<Suppression[]>;
  /** @returns the row; `isNew` is false if the address had one with this reason and topic */
  add(trx: Transaction, writer: Writer, input: NewSuppression): Promise<{ row: Suppression; isNew: boolean }>;
  /** `add` in a transaction of its own. */
  create(writer: Writer, input: NewSuppression, afterWrite: AfterWrite<Suppression>): Promise<Suppression>;
  /** Throws `not_found`. */
  remove(workspaceId: Uuid, id: Uuid, afterWrite: AfterWrite<Suppression>): Promise<void>;
  /** All rows of an address. */
  listFor(workspaceId: Uuid, address: string): Promise<Suppression[]>;
  /** Removes what the owner of an address may take back: their own unsubscribing, of one topic or of all. */
  resubscribe(trx: Transaction, workspaceId: Uuid, address: string, topicId: Uuid | null): Promise<number>;
}

const COLUMNS = 'id, address as email, reason, topic_id, email_id, note, created_by, created_at';

const LIST = {
  name: 'suppression.list',
  text: `select ${COLUMNS} from suppression
         where workspace_id = $1 and ($2::text is null or address_hash = ${addressHash('$2')})
           and ($3::text is null or reason = $3) and ($4::uuid is null or topic_id = $4)
           and ($5::uuid is null or id < $5)
         order by id desc limit $6`,
};
const LIST_FOR = {
  name: 'suppression.list-for',
  text: `select ${COLUMNS} from suppression where workspace_id = $1 and address_hash = ${addressHash('$2')} order by id`,
};
const INSERT = {
  name: 'suppression.insert',
  text: `insert into suppression (workspace_id, id, address_hash, address, reason, topic_id, email_id, note, created_by,
                                  created_at)
         values ($1, $2, ${addressHash('$3')}, $3, $4, $5, $6, $7, $8, $9)
         on conflict do nothing returning ${COLUMNS}`,
};
const FIND = {
  name: 'suppression.find',
  text: `select ${COLUMNS} from suppression
         where workspace_id = $1 and address_hash = ${addressHash('$2')} and reason = $3
           and topic_id is not distinct from $4::uuid`,
};
const DELETE = {
  name: 'suppression.delete',
  text: `delete from suppression where workspace_id = $1 and id = $2 returning ${COLUMNS}`,
};
/** A complaint is taken back as well: the same person says so. A bounce and what a member entered stay. */
const RESUBSCRIBE = {
  name: 'suppression.resubscribe',
  text: `delete from suppression
         where workspace_id = $1 and address_hash = ${addressHash('$2')} and reason in ('unsubscribe', 'complaint')
           and topic_id is not distinct from $3::uuid
         returning id`,
};

export function makeSuppressions({
  db,
  clock,
  newId,
}: {
  db: Database;
  clock: Clock;
  newId: () => Uuid;
}): Suppressions {
  async function add(trx: Transaction, { workspaceId, actor }: Writer, input: NewSuppression) {
    const { address, reason, topicId, emailId, note } = input;
    const values = [
      workspaceId,
      newId(),
      address,
      reason,
      topicId,
      emailId,
      note,
      actor,
      isoTime(clock.now()),
    ];
    const [added] = await query<Suppression>(trx, INSERT, values);
    if (added) return { row: added, isNew: true };
    const [existing] = await query<Suppression>(trx, FIND, [workspaceId, address, reason, topicId]);
    return { row: existing!, isNew: false };
  }

  return {
    list: (workspaceId, { email, reason, topicId }, limit, after) =>
      db.read<Suppression>(LIST, [workspaceId, email, reason, topicId, after, limit]),
    listFor: (workspaceId, address) => db.read<Suppression>(LIST_FOR, [workspaceId, address]),
    add,

    create: (writer, input, afterWrite) =>
      db.transaction(async (trx) => {
        const { row } = await add(trx, writer, input);
        await afterWrite(trx, row);
        return row;
      }),

    remove: (workspaceId, id, afterWrite) =>
      db.transaction(async (trx) => {
        const [removed] = await query<Suppression>(trx, DELETE, [workspaceId, id]);
        if (!removed) throw new ApiError('not_found', 'There is no suppression with this id.');
        await afterWrite(trx, removed);
      }),

    async resubscribe(trx, workspaceId, address, topicId) {
      return (await query(trx, RESUBSCRIBE, [workspaceId, address, topicId])).length;
    },
  };
}
