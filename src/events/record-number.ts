import type { Uuid } from '../base/id.ts';
import type { Database } from '../db/pool.ts';
import type { Statement } from '../db/query.ts';
import { NumberBlocks } from './number-blocks.ts';

/** An object that a number is needed for. */
export interface NumberedObject {
  /** As in `contact`; `member` for users. */
  object: string;
  id: Uuid;
}

/** Numbers by id. */
export type Numbers = ReadonlyMap<Uuid, number>;

/**
 * Integer ids of records, for systems that have no UUIDs (RC17): unique within a workspace and an object, and the same
 * for ever. An object gets its number when it is first needed (decisions/0052).
 */
export interface RecordNumbers {
  /** The numbers of these objects. Without those of objects that number themselves and do not exist. */
  numbersOf(workspaceId: Uuid, objects: readonly NumberedObject[]): Promise<Numbers>;
  /** The id of the object with this number; undefined if there is none. */
  idOf(workspaceId: Uuid, object: string, number: number): Promise<Uuid | undefined>;
}

/** Enough for two processes that number the same objects, and for one whose numbers were taken by a restored backup. */
const MAX_TRIES = 10;

const ASSIGN = {
  name: 'record_number.assign',
  text: `
insert into record_number (workspace_id, object, record_id, number)
select $1, n.object, n.id, n.number from unnest($2::text[], $3::uuid[], $4::bigint[]) as n(object, id, number)
order by n.object, n.id
on conflict do nothing`,
};

const ID_OF = {
  name: 'record_number.id-of',
  text: 'select record_id as id from record_number where workspace_id = $1 and object = $2 and number = $3',
};

/** @param selfNumbered objects whose tables have a column `number`, as leads do */
export function makeRecordNumbers(db: Database, selfNumbered: readonly string[]): RecordNumbers {
  const blocks = new NumberBlocks(db);
  const known = statementOf(selfNumbered);

  const read = async (workspaceId: Uuid, objects: readonly NumberedObject[]): Promise<Map<Uuid, number>> => {
    const values = [workspaceId, objects.map(({ object }) => object), objects.map(({ id }) => id)];
    const rows = await db.read<{ id: Uuid; number: number }>(known, values);
    return new Map(rows.map(({ id, number }) => [id, number]));
  };

  return {
    async numbersOf(workspaceId, objects) {
      const wanted = [...new Map(objects.map((item) => [`${item.object}/${item.id}`, item])).values()];
      if (wanted.length === 0) return new Map();
      const numbers = await read(workspaceId, wanted);
      const isMissing = ({ object, id }: NumberedObject) =>
        !numbers.has(id) && !selfNumbered.includes(object);
      for (let tried = 0, missing = wanted.filter(isMissing); missing.length > 0; tried += 1) {
        if (tried === MAX_TRIES) throw new Error('no numbers could be assigned');
        await assign(db, blocks, workspaceId, missing);
        for (const [id, number] of await read(workspaceId, missing)) numbers.set(id, number);
        missing = missing.filter(isMissing);
      }
      return numbers;
    },

    async idOf(workspaceId, object, number) {
      const own = selfNumbered.includes(object) && {
        name: `${object}.id-of-number`,
        text: `select id from ${object} where workspace_id = $1 and number = $2`,
      };
      const [found] = own
        ? await db.read<{ id: Uuid }>(own, [workspaceId, number])
        : await db.read<{ id: Uuid }>(ID_OF, [workspaceId, object, number]);
      return found?.id;
    },
  };
}

function statementOf(selfNumbered: readonly string[]): Statement {
  const tables = selfNumbered.map(
    (table) => `
union all
select k.id, t.number::bigint from unnest($2::text[], $3::uuid[]) as k(object, id)
join ${table} t on t.workspace_id = $1 and t.id = k.id where k.object = '${table}'`,
  );
  return {
    name: 'record_number.read',
    text: `
select k.id, r.number from unnest($2::text[], $3::uuid[]) as k(object, id)
join record_number r on r.workspace_id = $1 and r.object = k.object and r.record_id = k.id${tables.join('')}`,
  };
}

/** Numbers are drawn before the statement. Those of objects that another process has numbered meanwhile stay unused. */
async function assign(
  db: Database,
  blocks: NumberBlocks,
  workspaceId: Uuid,
  missing: readonly NumberedObject[],
): Promise<void> {
  const rows: (NumberedObject & { number: number })[] = [];
  for (const object of new Set(missing.map((item) => item.object))) {
    const items = missing.filter((item) => item.object === object);
    const drawn = await blocks.draw(workspaceId, object, items.length);
    items.forEach((item, at) => rows.push({ ...item, number: drawn[at]! }));
  }
  const values = [
    workspaceId,
    rows.map(({ object }) => object),
    rows.map(({ id }) => id),
    rows.map(({ number }) => number),
  ];
  await db.pool.query({ ...ASSIGN, values });
}
