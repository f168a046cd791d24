import { isoTime, type Clock } from '../../base/clock.ts';
import { ApiError } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import { query, type Transaction, type AfterWrite } from '../../db/query.ts';
import { withSafeAddresses } from '../../http/public/page-address.ts';
import { SETTINGS, type Form, type FormSettings } from './form.ts';

/** Reads and writes forms. */
export interface FormStore {
  /** Newest first; only ids smaller than `after`. */
  list(workspaceId: Uuid, limit: number, after: Uuid | null): Promise<Form[]>;
  get(workspaceId: Uuid, id: Uuid): Promise<Form | undefined>;
  /** An active form, by its id alone, as visitors know it. */
  visited(id: Uuid): Promise<{ workspaceId: Uuid; form: Form } | undefined>;
  create(
    writer: { workspaceId: Uuid; actor: string },
    settings: FormSettings,
    afterWrite: AfterWrite<Form>,
  ): Promise<Form>;
  /** Throws `not_found` or `precondition_failed`. */
  update(
    workspaceId: Uuid,
    id: Uuid,
    change: Partial<FormSettings>,
    expected: readonly number[] | null,
    afterWrite: AfterWrite<Form>,
  ): Promise<Form>;
  /**
   * Deletes a form and its quarantined submissions; its leads and their submissions stay. Throws `not_found` or
   * `precondition_failed`.
   */
  remove(
    workspaceId: Uuid,
    id: Uuid,
    expected: readonly number[] | null,
    afterWrite: AfterWrite<Form>,
  ): Promise<void>;
}

const COLUMNS = ['id', 'version', ...SETTINGS, 'created_by', 'created_at', 'updated_at'];
const SELECTED = COLUMNS.map((column) => `f.${column}`).join(', ');

const LIST = {
  name: 'form.list',
  text: `select ${SELECTED} from form f
         where f.workspace_id = $1 and f.deleted_at is null and ($2::uuid is null or f.id < $2)
         order by f.id desc limit $3`,
};
const GET = {
  name: 'form.get',
  text: `select ${SELECTED} from form f where f.workspace_id = $1 and f.id = $2 and f.deleted_at is null`,
};
const VISITED = {
  name: 'form.visited',
  text: `select f.workspace_id, ${SELECTED} from form_address a
         join form f on f.workspace_id = a.workspace_id and f.id = a.form_id
         where a.form_id = $1 and f.active and f.deleted_at is null`,
};

interface StoreParts {
  db: Database;
  clock: Clock;
  newId: () => Uuid;
}

const MARK_DELETED = {
  name: 'form.mark-deleted',
  text: `update form set deleted_at = $1
         where workspace_id = $2 and id = $3`,
};

const DELETE_QUARANTINED = {
  name: 'form_aside.delete',
  text: `delete from form_aside where workspace_id = $1 and form_id = $2`,
};

const DELETE_VISITORS = {
  name: 'form_visitor.delete',
  text: `delete from form_visitor where workspace_id = $1 and form_id = $2`,
};

const INSERT_ADDRESS = {
  name: 'form_address.insert',
  text: `insert into form_address (form_id, workspace_id) values ($1, $2)`,
};

const INSERT = {
  name: 'form.insert',
  text: `insert into form (workspace_id, ${COLUMNS.join(', ')})
         select $1, ${SELECTED}
         from json_populate_record(null::form, $2::json) f`,
};

const UPDATE = {
  name: 'form.update',
  text: `update form t set ${['version', ...SETTINGS, 'updated_at'].map((column) => `${column} = f.${column}`).join(', ')}
    from json_populate_record(null::form, $1::json) f
    where t.workspace_id = $2 and t.id = $3`,
};

const LOCK = {
  name: 'form.lock',
  text: `select ${SELECTED} from form f
         where f.workspace_id = $1 and f.id = $2 and f.deleted_at is null for update`,
};

export function makeFormStore({ db, clock, newId }: StoreParts): FormStore {
  return {
    list: (workspaceId, limit, after) => db.read<Form>(LIST, [workspaceId, after, limit]),

    async get(workspaceId, id) {
      return (await db.read<Form>(GET, [workspaceId, id]))[0];
    },

    async visited(id) {
      const [row] = await db.read<Form & { workspace_id: Uuid }>(VISITED, [id]);
      if (!row) return undefined;
      const { workspace_id: workspaceId, ...form } = row;
      return { workspaceId, form: withSafeAddresses(form) };
    },

    create: ({ workspaceId, actor }, settings, afterWrite) =>
      db.transaction(async (trx) => {
        const form = newForm(settings, { id: newId(), actor, at: isoTime(clock.now()) });
        await insert(trx, workspaceId, form);
        await afterWrite(trx, form);
        return form;
      }),

    update: (workspaceId, id, change, expected, afterWrite) =>
      db.transaction(async (trx) => {
        const current = await lockForm(trx, workspaceId, id, expected);
        const next: Form = { ...current, ...change };
        if (JSON.stringify(next) !== JSON.stringify(current)) {
          next.version += 1;
          next.updated_at = isoTime(clock.now());
          await update(trx, workspaceId, next);
        }
        await afterWrite(trx, next);
        return next;
      }),

    remove: (workspaceId, id, expected, afterWrite) =>
      db.transaction(async (trx) => {
        const form = await lockForm(trx, workspaceId, id, expected);
        await query(trx, MARK_DELETED, [isoTime(clock.now()), workspaceId, id]);
        await query(trx, DELETE_QUARANTINED, [workspaceId, id]);
        await query(trx, DELETE_VISITORS, [workspaceId, id]);
        await afterWrite(trx, form);
      }),
  };
}

function newForm(settings: FormSettings, { id, actor, at }: { id: Uuid; actor: string; at: string }): Form {
  return { id, version: 1, ...settings, created_by: actor, created_at: at, updated_at: at };
}

async function insert(trx: Transaction, workspaceId: Uuid, form: Form): Promise<void> {
  await query(trx, INSERT_ADDRESS, [form.id, workspaceId]);
  await query(trx, INSERT, [workspaceId, JSON.stringify(form)]);
}

async function update(trx: Transaction, workspaceId: Uuid, form: Form): Promise<void> {
  await query(trx, UPDATE, [JSON.stringify(form), workspaceId, form.id]);
}

/** Reads and locks a form for a change. Throws `not_found` or `precondition_failed`. */
async function lockForm(
  trx: Transaction,
  workspaceId: Uuid,
  id: Uuid,
  expected: readonly number[] | null,
): Promise<Form> {
  const rows = await query<Form>(trx, LOCK, [workspaceId, id]);
  const [form] = rows;
  if (!form) throw new ApiError('not_found', 'There is no form with this id.');
  if (expected && !expected.includes(form.version)) {
    throw new ApiError(
      'precondition_failed',
      `The form is at version ${form.version}, not the one in If-Match.`,
    );
  }
  return form;
}
