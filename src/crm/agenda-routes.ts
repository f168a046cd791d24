import { z } from 'zod';
import type { WorkspaceSettingsStore } from '../account/workspace-settings.ts';
import { dayIn, type Clock } from '../base/clock.ts';
import type { Uuid } from '../base/id.ts';
import type { Database } from '../db/pool.ts';
import type { Statement } from '../db/query.ts';
import { route, type Route } from '../http/route.ts';
import type { RecordAnswer } from '../record/record-answer.ts';
import type { RecordStore } from '../record/record-store.ts';
import type { Deal } from './deals/deal.ts';
import type { Task } from './tasks/task.ts';
import { DUE } from './tasks/task-agenda.ts';

/** The longest lists of an answer. */
const MAX_RECORDS = 50;
const MAX_LATER = 10;
const DAY_MS = 86_400_000;

const DUE_TASKS = {
  name: 'task.due',
  text: `select *, count(*) over () as total from task
         where workspace_id = $1 and assignee_id = $2 and status = 'open' and ${DUE} <= $3::date
           and deleted_at is null
         order by ${DUE}, id limit ${MAX_RECORDS}`,
};

/** Those due later by their due date, then those without one. */
const LATER_TASKS = {
  name: 'task.later',
  text: `select *, count(*) over () as total from task
         where workspace_id = $1 and assignee_id = $2 and status = 'open' and ${DUE} > $3::date
           and deleted_at is null
         order by ${DUE}, id limit ${MAX_LATER}`,
};

const CLOSING_DEALS = {
  name: 'deal.closing',
  text: `select *, count(*) over () as total from deal
         where workspace_id = $1 and status = 'open' and expected_close_date <= $2::date
           and expected_close_date is not null and deleted_at is null
         order by expected_close_date, id limit ${MAX_RECORDS}`,
};

const query = z.strictObject({
  days: z.coerce.number().int().min(0).max(365).default(30).meta({
    description: 'Deals that are expected to close within this many days are included.',
  }),
});

type Row = Record<string, unknown>;

export interface AgendaParts {
  db: Database;
  clock: Clock;
  workspaceSettings: WorkspaceSettingsStore;
  tasks: RecordStore<Task>;
  deals: RecordStore<Deal>;
  shownTask: RecordAnswer<Task>;
  shownDeal: RecordAnswer<Deal>;
}

/** What is due for the member who asks. */
export function agendaRoutes(parts: AgendaParts): Route[] {
  const { db, clock, workspaceSettings, tasks, deals, shownTask, shownDeal } = parts;
  const sectionOf = (record: z.ZodType, description: string) =>
    z
      .object({ data: z.array(record), total_count: z.int() })
      .nullable()
      .meta({ description });
  const shape = z
    .object({
      today: z.iso.date().meta({ description: "Today in the workspace's time zone." }),
      tasks: sectionOf(
        shownTask.output,
        "The caller's open tasks that are due today or overdue, oldest first. Null without `tasks:read`.",
      ),
      later_tasks: sectionOf(
        shownTask.output,
        `The caller's other open tasks, at most ${MAX_LATER}: by due date, those without one last. Null without \`tasks:read\`.`,
      ),
      deals: sectionOf(
        shownDeal.output,
        'Open deals by their expected close date, also past ones. Null without `deals:read`.',
      ),
    })
    .meta({ id: 'Agenda' });

  async function tasksBy(statement: Statement, workspaceId: Uuid, memberId: Uuid | null, today: string) {
    const rows = memberId === null ? [] : await db.read<Row>(statement, [workspaceId, memberId, today]);
    const data = rows.map((row) => tasks.toRecord(row));
    return { data: await shownTask.complete(workspaceId, data), total_count: totalOf(rows) };
  }

  async function closingDeals(workspaceId: Uuid, until: string) {
    const rows = await db.read<Row>(CLOSING_DEALS, [workspaceId, until]);
    const data = rows.map((row) => deals.toRecord(row));
    return { data: await shownDeal.complete(workspaceId, data), total_count: totalOf(rows) };
  }

  return [
    route<undefined, z.output<typeof query>>({
      method: 'GET',
      path: '/api/v1/agenda',
      scope: null,
      tag: 'tasks',
      summary: 'Get the open tasks of the caller and the deals that are about to close',
      description: `At most ${MAX_RECORDS} of each, with their total number.`,
      query,
      answers: { 200: shape },
      async handle({ caller, query: { days } }) {
        const { workspaceId, makerId } = caller;
        const { time_zone: timeZone } = await workspaceSettings.recent(workspaceId);
        const today = dayIn(timeZone, clock.now());
        const last = new Date(Date.parse(today) + days * DAY_MS).toISOString().slice(0, 10);
        const mayReadTasks = caller.may('tasks:read');
        const [due, later, closing] = await Promise.all([
          mayReadTasks ? tasksBy(DUE_TASKS, workspaceId, makerId, today) : null,
          mayReadTasks ? tasksBy(LATER_TASKS, workspaceId, makerId, today) : null,
          caller.may('deals:read') ? closingDeals(workspaceId, last) : null,
        ]);
        return { status: 200, body: { today, tasks: due, later_tasks: later, deals: closing } };
      },
    }),
  ];
}

function totalOf(rows: readonly Row[]): number {
  return Number(rows[0]?.['total'] ?? 0);
}
