import { ApiError } from '../../base/errors.ts';
import type { Database } from '../../db/pool.ts';

/** The extension has to be in the schema of the tables. */
const SCHEMA = { name: 'appointment.schema', text: 'select quote_ident(current_schema()) as name' };

const EXISTS = {
  name: 'appointment.constraint',
  text: `select from pg_constraint where conname = 'appointment_no_overlap' and conrelid = 'appointment_block'::regclass`,
};

const CREATE = `
create extension if not exists btree_gist;
alter table appointment_block add constraint appointment_no_overlap
  exclude using gist (workspace_id with =, host_id with =, block with &&)`;

/** The constraint that keeps a host from being booked twice. It needs the extension btree_gist. */
export interface OverlapConstraint {
  /** Whether it exists. If not, creates it, if the extension exists by now or can be created. */
  exists(): Promise<boolean>;
  /** Throws `not_configured` if it does not exist: then appointments are off. */
  require(): Promise<void>;
  /** What an operator runs, as a superuser, where the role of `DATABASE_URL` may not create extensions. */
  extensionSql(): Promise<string>;
}

/** Between two attempts to create it, in milliseconds. */
const RETRY_MS = 2_000;

export function makeOverlapConstraint(db: Database): OverlapConstraint {
  let isKnown = false;
  let triedAt = -Infinity;
  let trying: Promise<void> | undefined;

  async function isPresent(): Promise<boolean> {
    return (await db.read(EXISTS, [])).length > 0;
  }

  async function create(): Promise<void> {
    triedAt = performance.now();
    await db.side.query(CREATE).catch(() => {});
  }

  const constraint: OverlapConstraint = {
    async exists() {
      if (isKnown) return true;
      isKnown = await isPresent();
      if (isKnown || performance.now() - triedAt < RETRY_MS) return isKnown;
      trying ??= create().finally(() => (trying = undefined));
      await trying;
      isKnown = await isPresent();
      return isKnown;
    },

    async require() {
      if (await constraint.exists()) return;
      throw new ApiError(
        'not_configured',
        `Appointments are off: the database lacks the extension btree_gist. Run as a superuser of the database: ${await constraint.extensionSql()}`,
      );
    },

    async extensionSql() {
      const [schema] = await db.read<{ name: string }>(SCHEMA, []);
      return `create extension btree_gist schema ${schema!.name};`;
    },
  };
  return constraint;
}
