import type { Config } from '../config.ts';
import { missingMigrations } from '../db/migrate.ts';
import {
  countOverdueJobs,
  isMaintenanceOverdue,
  measureJobs,
  recentlyFailedJobs,
} from '../jobs/job-backlog.ts';
import { makeOverlapConstraint } from '../scheduling/appointments/overlap-constraint.ts';
import type { Store } from '../store.ts';

interface Finding {
  ok: boolean;
  text: string;
}

/** Checks for common problems. @returns 0 if there are none, else 1 */
export async function doctor(store: Store, config: Config): Promise<number> {
  const findings = [
    await version(store),
    await migrations(store),
    await backlog(store),
    await jobs(store),
    await disabled(store),
    ...(await appointments(store)),
    ...(config.mail ? [await mail(store)] : []),
    ...(config.dataDirChosen ? [{ ok: true, text: `the data is kept in ${config.dataDir}` }] : []),
  ];
  for (const { ok, text } of findings) console.log(`${ok ? 'ok  ' : 'BAD '} ${text}`);
  return findings.every(({ ok }) => ok) ? 0 : 1;
}

async function version({ db }: Store): Promise<Finding> {
  const { rows } = await db.pool.query<{ version: string; size: string }>(
    "select current_setting('server_version') as version, pg_size_pretty(pg_database_size(current_database())) as size",
  );
  return {
    ok: true,
    text: `PostgreSQL ${rows[0]!.version}, ${rows[0]!.size}; the secret key opens this store`,
  };
}

async function migrations({ db }: Store): Promise<Finding> {
  const missing = await missingMigrations(db.pool);
  return {
    ok: missing.length === 0,
    text: missing.length === 0 ? 'all migrations are applied' : `missing migrations: ${missing.join(', ')}`,
  };
}

/** A delivery that has been overdue for minutes means that no worker runs, or that they cannot keep up. */
async function backlog({ db }: Store): Promise<Finding> {
  const { rows } = await db.pool.query<{ waiting: number; overdue: number }>(
    `select count(*)::int as waiting,
            count(*) filter (where q.due_at < clock_timestamp() - interval '5 minutes'
                             and l.not_before < clock_timestamp())::int as overdue
     from queue q
     join endpoint p on p.workspace_id = q.workspace_id and p.id = q.endpoint_id and p.state = 'active'
     join lane l on l.workspace_id = q.workspace_id and l.endpoint_id = q.endpoint_id`,
  );
  const { waiting, overdue } = rows[0]!;
  return {
    ok: overdue === 0,
    text:
      overdue === 0
        ? `${waiting} deliveries wait, none overdue`
        : `${overdue} of ${waiting} deliveries have been due for over 5 minutes: is a worker running?`,
  };
}

/** The same of background jobs; those that failed for good are named, as nothing tries them again. */
async function jobs({ db }: Store): Promise<Finding> {
  const { waiting, due, running, failed } = await measureJobs(db.pool);
  const overdue = await countOverdueJobs(db.pool);
  if (overdue > 0)
    return { ok: false, text: `${overdue} jobs have been due for over 5 minutes: is a worker running?` };
  if (await isMaintenanceOverdue(db.pool))
    return { ok: false, text: 'maintenance has been due for over 5 minutes: is a worker running?' };
  const recent = await recentlyFailedJobs(db.pool);
  const named = recent.map(({ type, jobs: count, last_error: error }) => `${count} ${type}: ${error}`);
  return {
    ok: true,
    text: [
      `${waiting + due + running} jobs wait or run, none overdue; ${failed} failed`,
      ...(named.length > 0 ? [`in the last 7 days: ${named.join('; ').replaceAll(/\s+/g, ' ')}`] : []),
    ].join('; '),
  };
}

async function disabled({ db }: Store): Promise<Finding> {
  const { rows } = await db.pool.query<{ count: number }>(
    "select count(*)::int as count from endpoint where state = 'disabled'",
  );
  return { ok: true, text: `${rows[0]!.count} webhooks were disabled because of their receivers` };
}

/** Where the role of the database may not create the extension that they need. It is a limit, and not a fault. */
async function appointments({ db }: Store): Promise<Finding[]> {
  const constraint = makeOverlapConstraint(db);
  if ((await missingMigrations(db.pool)).length > 0 || (await constraint.exists())) return [];
  const sql = await constraint.extensionSql();
  return [{ ok: true, text: `appointments are off until a superuser of the database runs: ${sql}` }];
}

/** Mail that was not sent is settled and cannot be mended, so it does not make the installation faulty. */
async function mail({ db }: Store): Promise<Finding> {
  const { rows } = await db.pool.query<Record<'waiting' | 'failed' | 'unknown', number>>(
    `select count(*) filter (where state in ('queued', 'sending'))::int as waiting,
            count(*) filter (where state = 'failed')::int as failed,
            count(*) filter (where state = 'unknown')::int as unknown
     from mail`,
  );
  const { waiting, failed, unknown } = rows[0]!;
  return {
    ok: true,
    text: `${waiting} mails wait; in the last 30 days ${failed} were not sent, and ${unknown} may have been`,
  };
}
