import { z } from 'zod';
import type { WorkspaceSettingsStore } from '../account/workspace-settings.ts';
import { dayIn, isoTime, type Clock } from '../base/clock.ts';
import type { Uuid } from '../base/id.ts';
import type { Database } from '../db/pool.ts';
import { route, type Route } from '../http/route.ts';
import type { BaseRecord } from '../record/noun.ts';
import type { RecordAnswer } from '../record/record-answer.ts';
import type { RecordStore } from '../record/record-store.ts';
import type { Deal } from './deals/deal.ts';
import type { Task } from './tasks/task.ts';
import { DUE } from './tasks/task-agenda.ts';

/** The longest lists of an answer. */
const MAX_RECORDS = 50;
const DAY_MS = 86_400_000;

const DUE_TASKS = {
  name: 'task.due',
  text: `select *, count(*) over () as total from task
         where workspace_id = $1 and assignee_id = $2 and status = 'open' and ${DUE} <= $3::date
           and deleted_at is null
         order by ${DUE}, id limit ${MAX_RECORDS}`,
};

const CLOSING_DEALS = {
  name: 'deal.closing',
  text: `select *, count(*) over () as total from deal
         where workspace_id = $1 and status = 'open' and expected_close_date <= $2::date
           and expected_close_date is not null and deleted_at is null
         order by expected_close_date, id limit ${MAX_RECORDS}`,
};

/** Of the next seven days; the time zone of the reader decides what is today. */
const COMING_APPOINTMENTS = {
  name: 'appointment.coming',
  text: `select *, count(*) over () as total from appointment
         where workspace_id = $1 and (host_id = $2 or $2 = any(co_host_ids)) and status in ('pending', 'booked')
           and starts_at > $3::timestamptz - interval '31 days' and ends_at > $3
           and starts_at < $3::timestamptz + interval '7 days' and deleted_at is null
         order by starts_at, id limit ${MAX_RECORDS}`,
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
  /** Of another module. */
  appointments: RecordStore<BaseRecord>;
  shownAppointment: RecordAnswer<BaseRecord>;
}

/** What is due for the member who asks. */
export function agendaRoutes(parts: AgendaParts): Route[] {
  const { db, clock, workspaceSettings, tasks, deals, shownTask, shownDeal } = parts;
  const { appointments, shownAppointment } = parts;
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
      deals: sectionOf(
        shownDeal.output,
        'Open deals by their expected close date, also past ones. Null without `deals:read`.',
      ),
      appointments: sectionOf(
        shownAppointment.output,
        "The caller's appointments of the next seven days, next one first. Null without `appointments:read`.",
      ),
    })
    .meta({ id: 'Agenda' });

  async function dueTasks(workspaceId: Uuid, memberId: Uuid | null, until: string) {
    const rows = memberId === null ? [] : await db.read<Row>(DUE_TASKS, [workspaceId, memberId, until]);
    const data = rows.map((row) => tasks.toRecord(row));
    return { data: await shownTask.complete(workspaceId, data), total_count: totalOf(rows) };
  }

  async function closingDeals(workspaceId: Uuid, until: string) {
    const rows = await db.read<Row>(CLOSING_DEALS, [workspaceId, until]);
    const data = rows.map((row) => deals.toRecord(row));
    return { data: await shownDeal.complete(workspaceId, data), total_count: totalOf(rows) };
  }

  async function comingAppointments(workspaceId: Uuid, memberId: Uuid | null) {
    const values = [workspaceId, memberId, isoTime(clock.now())];
    const rows = memberId === null ? [] : await db.read<Row>(COMING_APPOINTMENTS, values);
    const data = rows.map((row) => appointments.toRecord(row));
    return { data: await shownAppointment.complete(workspaceId, data), total_count: totalOf(rows) };
  }

  return [
    route<undefined, z.output<typeof query>>({
      method: 'GET',
      path: '/api/v1/agenda',
      scope: null,
      tag: 'tasks',
      summary: 'Get tasks that are due, deals that are about to close and appointments to come',
      description: `At most ${MAX_RECORDS} of each, with their total number.`,
      query,
      answers: { 200: shape },
      async handle({ caller, query: { days } }) {
        const { workspaceId, makerId } = caller;
        const { time_zone: timeZone } = await workspaceSettings.recent(workspaceId);
        const today = dayIn(timeZone, clock.now());
        const last = new Date(Date.parse(today) + days * DAY_MS).toISOString().slice(0, 10);
        const [due, closing, coming] = await Promise.all([
          caller.may('tasks:read') ? dueTasks(workspaceId, makerId, today) : null,
          caller.may('deals:read') ? closingDeals(workspaceId, last) : null,
          caller.may('appointments:read') ? comingAppointments(workspaceId, makerId) : null,
        ]);
        return { status: 200, body: { today, tasks: due, deals: closing, appointments: coming } };
      },
    }),
  ];
}

function totalOf(rows: readonly Row[]): number {
  return Number(rows[0]?.['total'] ?? 0);
}
