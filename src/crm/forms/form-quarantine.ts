import { AlreadyAnswered, type Idempotency, type IdempotencyClaim } from '../../account/idempotency.ts';
import { ApiError } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import { query } from '../../db/query.ts';
import type { SpamReason } from '../../http/public/spam-check.ts';
import type { FormSubmission, ReceivedSubmission } from './form-submission.ts';

/** How long a quarantined submission is kept, and how many of a form. */
const MAX_DAYS = 30;
const MAX_SUBMISSIONS = 5000;

/** Submissions that the spam check held back: they become leads when a user accepts them. */
export interface FormQuarantine {
  /** Stores a submission, unless its claim was taken before: then it is stored already. */
  add(
    claim: IdempotencyClaim,
    formId: Uuid,
    submission: ReceivedSubmission,
    reasons: readonly SpamReason[],
  ): Promise<void>;
  /** Newest first; only ids smaller than `after`. */
  list(
    workspaceId: Uuid,
    formId: Uuid,
    page: { limit: number; after: Uuid | null },
  ): Promise<FormSubmission[]>;
  count(workspaceId: Uuid, formId: Uuid): Promise<number>;
  /** Throws `not_found`. */
  get(workspaceId: Uuid, formId: Uuid, id: Uuid): Promise<FormSubmission>;
  /** Deletes one. Throws `not_found`. */
  remove(workspaceId: Uuid, formId: Uuid, id: Uuid): Promise<void>;
}

const SELECT = `select id, null as lead_id, received_at, fields as values, consent, reasons, address, referrer, utm
               from form_aside where workspace_id = $1 and form_id = $2`;

const LIST = {
  name: 'form_aside.list',
  text: `${SELECT} and ($3::uuid is null or id < $3) order by id desc limit $4`,
};
const COUNT = {
  name: 'form_aside.count',
  text: 'select count(*)::int as count from form_aside where workspace_id = $1 and form_id = $2',
};
const GET = { name: 'form_aside.get', text: `${SELECT} and id = $3` };
const REMOVE = {
  name: 'form_aside.remove',
  text: 'delete from form_aside where workspace_id = $1 and form_id = $2 and id = $3 returning id',
};

const INSERT = {
  name: 'form_aside.insert',
  text: `insert into form_aside
           (workspace_id, form_id, id, received_at, fields, consent, reasons, address, referrer, utm)
         values ($1, $2, $3, $4, $5,
                 $6, $7, $8, $9,
                 $10)`,
};

const DELETE_OLD = {
  name: 'form_aside.delete-old',
  text: `delete from form_aside where workspace_id = $1 and form_id = $2
         and (received_at < $3::timestamptz - ${MAX_DAYS} * interval '1 day' or id <= (
           select id from form_aside where workspace_id = $1 and form_id = $2
           order by id desc offset ${MAX_SUBMISSIONS} limit 1))`,
};

export function makeFormQuarantine({
  db,
  idempotency,
}: {
  db: Database;
  idempotency: Idempotency;
}): FormQuarantine {
  return {
    async add(claim, formId, submission, reasons) {
      const { workspaceId } = claim;
      const { id, received_at: at, others, values, consent, address, referrer, utm } = submission;
      try {
        await db.transaction(async (trx) => {
          await idempotency.store(trx, claim, { status: 201, body: 'received' }, at);
          await query(trx, INSERT, [
            workspaceId,
            formId,
            id,
            at,
            JSON.stringify({ ...others, ...values }),
            consent && JSON.stringify(consent),
            reasons,
            address,
            referrer,
            JSON.stringify(utm),
          ]);
          await query(trx, DELETE_OLD, [workspaceId, formId, at]);
        });
      } catch (error) {
        if (!(error instanceof AlreadyAnswered)) throw error;
      }
    },

    list: (workspaceId, formId, { limit, after }) =>
      db.read<FormSubmission>(LIST, [workspaceId, formId, after, limit]),

    async count(workspaceId, formId) {
      const [row] = await db.read<{ count: number }>(COUNT, [workspaceId, formId]);
      return row!.count;
    },

    async get(workspaceId, formId, id) {
      const [found] = await db.read<FormSubmission>(GET, [workspaceId, formId, id]);
      if (!found) throw notQuarantined();
      return found;
    },

    async remove(workspaceId, formId, id) {
      const removed = await db.read(REMOVE, [workspaceId, formId, id]);
      if (removed.length === 0) throw notQuarantined();
    },
  };
}

/** Deletes expired submissions, also of forms that receive no more spam. */
export async function dropOldQuarantine(db: Database): Promise<void> {
  await db.pool.query(`delete from form_aside where received_at < now() - interval '${MAX_DAYS} days'`);
}

export function notQuarantined(): ApiError {
  return new ApiError('not_found', 'No quarantined submission with this id.');
}
