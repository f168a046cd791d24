import { z } from 'zod';
import type { WorkspaceSettingsStore } from '../../account/workspace-settings.ts';
import { dayIn, type Clock } from '../../base/clock.ts';
import { date } from '../../base/values/time.ts';
import { pageQuery, pageShape } from '../../http/paging.ts';
import { route, type Route } from '../../http/route.ts';
import { filterShape } from '../../record/list-filter.ts';
import { namedRecord } from '../../record/record-name.ts';
import { SEARCH_BEHIND } from '../../record/record-routes.ts';
import { taskAgenda, VIEWS, type AgendaParts, type AgendaQuery } from './task-agenda.ts';
import { task } from './task.ts';

const query = pageQuery.extend({
  ...filterShape(task),
  view: z.enum(VIEWS).default('open').meta({
    description:
      '`open`: all open tasks by due date, those without one last; `overdue`, `today` and `upcoming`: those due before, on and after today; `completed`: last completed first.',
  }),
  today: date.optional().meta({
    description: 'The day that counts as today; default: the date in the time zone of the workspace.',
  }),
});

type Requested = AgendaQuery & { today?: string | undefined };

const counts = z
  .object({ open: z.int(), overdue: z.int(), today: z.int(), upcoming: z.int() })
  .optional()
  .meta({ description: 'Open tasks with the same filters; on the first page.' });

interface AgendaRouteParts extends AgendaParts {
  clock: Clock;
  settings: Pick<WorkspaceSettingsStore, 'recent'>;
}

/** `GET /tasks/agenda`: what is to be done, and what was done. */
export function taskAgendaRoutes(parts: AgendaRouteParts): Route[] {
  const about = Object.fromEntries(parts.nouns.map(({ name }) => [name, namedRecord]));
  const item = task.output.extend(about).meta({ id: 'AgendaTask' });
  return [
    route<undefined, Requested>({
      method: 'GET',
      path: '/api/v1/tasks/agenda',
      scope: 'tasks:read',
      tag: 'tasks',
      summary: 'List tasks by due date',
      description:
        'With the names of the records that they are about. Takes the filters of `GET /tasks` besides.',
      query,
      answers: {
        200: pageShape(item).extend({
          counts,
          search_behind: z.boolean().optional().meta({ description: SEARCH_BEHIND }),
        }),
      },
      async handle({ caller, query: { today, ...wanted }, url }) {
        const day = today ?? (await currentDay(parts, caller.workspaceId));
        const body = await taskAgenda(parts, { searcher: caller, query: wanted, today: day, url });
        return { status: 200, body };
      },
    }),
  ];
}

/** The date in the time zone of the workspace. */
async function currentDay({ clock, settings }: AgendaRouteParts, workspaceId: string): Promise<string> {
  const { time_zone: timeZone } = await settings.recent(workspaceId);
  return dayIn(timeZone, clock.now());
}
