import { sql, type Transaction } from 'kysely';
import { isoTime, type Clock } from '../../base/clock.ts';
import { ApiError } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import type { Schema } from '../../db/schema.ts';
import type { AfterWrite } from '../change-recorder.ts';
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
        await sql`update form set deleted_at = ${isoTime(clock.now())}
                  where workspace_id = ${workspaceId} and id = ${id}`.execute(trx);
        await sql`delete from form_aside where workspace_id = ${workspaceId} and form_id = ${id}`.execute(
          trx,
        );
        await sql`delete from form_visitor where workspace_id = ${workspaceId} and form_id = ${id}`.execute(
          trx,
        );
        await afterWrite(trx, form);
      }),
  };
}

function newForm(settings: FormSettings, { id, actor, at }: { id: Uuid; actor: string; at: string }): Form {
  return { id, version: 1, ...settings, created_by: actor, created_at: at, updated_at: at };
}

async function insert(trx: Transaction<Schema>, workspaceId: Uuid, form: Form): Promise<void> {
  await sql`insert into form_address (form_id, workspace_id) values (${form.id}, ${workspaceId})`.execute(
    trx,
  );
  await sql`
    insert into form (workspace_id, ${sql.raw(COLUMNS.join(', '))})
    select ${workspaceId}, ${sql.raw(SELECTED)}
    from json_populate_record(null::form, ${JSON.stringify(form)}::json) f`.execute(trx);
}

async function update(trx: Transaction<Schema>, workspaceId: Uuid, form: Form): Promise<void> {
  const columns = ['version', ...SETTINGS, 'updated_at'];
  await sql`
    update form t set ${sql.raw(columns.map((column) => `${column} = f.${column}`).join(', '))}
    from json_populate_record(null::form, ${JSON.stringify(form)}::json) f
    where t.workspace_id = ${workspaceId} and t.id = ${form.id}`.execute(trx);
}

/** Reads and locks a form for a change. Throws `not_found` or `precondition_failed`. */
async function lockForm(
  trx: Transaction<Schema>,
  workspaceId: Uuid,
  id: Uuid,
  expected: readonly number[] | null,
): Promise<Form> {
  const { rows } = await sql<Form>`
    select ${sql.raw(SELECTED)} from form f
    where f.workspace_id = ${workspaceId} and f.id = ${id} and f.deleted_at is null for update`.execute(trx);
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
