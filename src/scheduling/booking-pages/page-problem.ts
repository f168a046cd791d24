import type { Uuid } from '../../base/id.ts';
import { query, type Queryable } from '../../db/query.ts';
import { STALE_MINUTES } from '../availability/stale-calendar.ts';
import type { BookingPage } from './booking-page.ts';

/** What keeps guests from booking a page, or may show them wrong times. */
export interface PageProblem {
  code: 'no_hosts' | 'host_left' | 'no_working_hours' | 'calendar_unreachable';
  user_id: Uuid | null;
  message: string;
}

interface HostRow {
  page_id: Uuid;
  user_id: Uuid;
  name: string | null;
  has_left: boolean;
  has_no_hours: boolean;
  is_stale: boolean;
}

const HOSTS = {
  name: 'booking_page_host.problems',
  text: `select h.page_id, h.user_id, u.name, m.user_id is null as has_left,
                coalesce(json_array_length(s.rules) = 0 and json_array_length(s.overrides) = 0, false) as has_no_hours,
                exists (select from calendar_sync c
                        join connection k on k.workspace_id = c.workspace_id and k.id = c.connection_id and k.active
                        where c.workspace_id = h.workspace_id and c.user_id = h.user_id
                          and coalesce(c.synced_at, k.created_at) < now() - interval '${STALE_MINUTES} minutes') as is_stale
         from booking_page_host h
         left join app_user u on u.id = h.user_id
         left join member m on m.workspace_id = h.workspace_id and m.user_id = h.user_id
         left join schedule s on s.workspace_id = h.workspace_id and s.user_id = h.user_id
              and case when h.schedule_id is null then s.is_default else s.id = h.schedule_id end
         where h.workspace_id = $1 and h.page_id = any($2::uuid[])
         order by h.page_id, h.position`,
};

export interface PageHosts {
  problems: PageProblem[];
  /** Names of hosts by user id. */
  names: Map<Uuid, string>;
}

/** The problems of pages and the names of their hosts, by page id. */
export async function readPageHosts(
  on: Queryable,
  workspaceId: Uuid,
  pages: readonly BookingPage[],
): Promise<(page: BookingPage) => PageHosts> {
  const rows = await query<HostRow>(on, HOSTS, [workspaceId, pages.map(({ id }) => id)]);
  return ({ id }) => {
    const hosts = rows.filter(({ page_id }) => page_id === id);
    const names = new Map(hosts.flatMap(({ user_id, name }) => (name === null ? [] : [[user_id, name]])));
    return { names, problems: problemsOf(hosts) };
  };
}

function problemsOf(hosts: readonly HostRow[]): PageProblem[] {
  const problems: PageProblem[] = [];
  if (hosts.every(({ has_left }) => has_left))
    problems.push({
      code: 'no_hosts',
      user_id: null,
      message: 'No host is a member of the workspace: nobody can book.',
    });
  for (const { user_id, name, has_left, has_no_hours, is_stale } of hosts) {
    const add = (code: PageProblem['code'], message: string) => problems.push({ code, user_id, message });
    const host = name ?? 'A host';
    if (has_left) add('host_left', `${host} left the workspace.`);
    else if (has_no_hours) add('no_working_hours', `The schedule of ${host} has no working hours.`);
    if (!has_left && is_stale)
      add('calendar_unreachable', `A calendar of ${host} could not be read for ${STALE_MINUTES} minutes.`);
  }
  return problems;
}
