import { floorId, type Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import { query } from '../../db/query.ts';
import { sql } from '../../db/sql.ts';
import type { RecordNumbers } from '../../events/record-number.ts';
import type { RecurringJob } from '../../jobs/recurring-job.ts';
import type { Noun } from '../noun.ts';

export interface NumberJobParts {
  db: Database;
  numbers: RecordNumbers;
  /** Those whose records do not number themselves. */
  nouns: readonly Noun[];
}

/** Records that are numbered by one statement. */
const BATCH = 500;
const MINUTE_MS = 60_000;
/** Ids are made before their records are written: younger ones may still come. */
const SETTLED_AFTER_MS = 10 * MINUTE_MS;
const FIRST_ID = '00000000-0000-0000-0000-000000000000';

const WORKSPACES = {
  name: 'record_number.workspaces',
  text: `select distinct workspace_id as id from endpoint where own_names and state <> 'deleted' order by 1`,
};

const POSITION = {
  name: 'record_number.position',
  text: `select numbered_up_to as id from record_number_block where workspace_id = $1 and object = $2`,
};

const ADVANCE = {
  name: 'record_number.advance',
  text: `
insert into record_number_block (workspace_id, object, numbered_up_to) values ($1, $2, $3)
on conflict (workspace_id, object) do update set numbered_up_to = excluded.numbered_up_to`,
};

/**
 * Numbers the records of workspaces that have a webhook with integer ids, in the order of their creation. It goes on where
 * it was cut short; a record that is needed before gets its number then.
 */
export function numberJob(parts: NumberJobParts, now: () => number): RecurringJob {
  return {
    name: 'maintenance.record_numbers',
    everyMs: MINUTE_MS,
    async run(signal) {
      let done = 0;
      for (const { id: workspaceId } of await parts.db.read<{ id: Uuid }>(WORKSPACES, []))
        for (const noun of parts.nouns)
          done += await numberRecords(
            parts,
            workspaceId,
            noun.name,
            floorId(now() - SETTLED_AFTER_MS),
            signal,
          );
      return done;
    },
  };
}

async function numberRecords(
  { db, numbers }: NumberJobParts,
  workspaceId: Uuid,
  object: string,
  until: Uuid,
  signal: AbortSignal,
): Promise<number> {
  const [position] = await db.read<{ id: Uuid | null }>(POSITION, [workspaceId, object]);
  let after = position?.id ?? FIRST_ID;
  for (let done = 0; ;) {
    if (signal.aborted) return done;
    const rows = await query<{ id: Uuid }>(
      db.side,
      sql`select id from ${sql.ref(object)}
          where workspace_id = ${workspaceId} and id > ${after} and id < ${until} order by id limit ${BATCH}`,
    );
    const last = rows.at(-1);
    if (!last) return done;
    await numbers.numbersOf(
      workspaceId,
      rows.map(({ id }) => ({ object, id })),
    );
    await db.side.query({ ...ADVANCE, values: [workspaceId, object, last.id] });
    after = last.id;
    done += rows.length;
  }
}
