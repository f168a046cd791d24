import { invalid } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import { query, type Transaction } from '../../db/query.ts';
import type { HostInput } from './booking-page-schema.ts';
import type { BookingPage, PageHost } from './booking-page.ts';

const MEMBERS = {
  name: 'member.among',
  text: `select user_id from member where workspace_id = $1 and user_id = any($2::uuid[])`,
};
/** Locked, so that none is deleted before the page names it. */
const SCHEDULES = {
  name: 'schedule.among',
  text: `select id, user_id from schedule where workspace_id = $1 and id = any($2::uuid[]) for key share`,
};

/**
 * Hosts as they are stored. Throws `validation_error` for a user who is not a member, unless the page has them already:
 * a client may send back what it read.
 */
export async function resolveHosts(
  trx: Transaction,
  workspaceId: Uuid,
  inputs: readonly HostInput[],
  current: readonly PageHost[],
): Promise<PageHost[]> {
  const hosts = inputs.map((input): PageHost => {
    const { user_id, weight, schedule_id } =
      typeof input === 'string' ? { user_id: input, weight: undefined, schedule_id: undefined } : input;
    const existing = current.find((item) => item.user_id === user_id);
    return {
      user_id,
      weight: weight ?? existing?.weight ?? 1,
      schedule_id: schedule_id === undefined ? (existing?.schedule_id ?? null) : schedule_id,
    };
  });
  const ids = hosts.map(({ user_id }) => user_id);
  const members = await query<{ user_id: Uuid }>(trx, MEMBERS, [workspaceId, ids]);
  const known = new Set([...members, ...current].map(({ user_id }) => user_id));
  const scheduleIds = hosts.flatMap(({ schedule_id }) => schedule_id ?? []);
  const schedules = await query<{ id: Uuid; user_id: Uuid }>(trx, SCHEDULES, [workspaceId, scheduleIds]);
  hosts.forEach(({ user_id, schedule_id }, at) => {
    if (ids.indexOf(user_id) < at) throw invalid(`hosts.${at}`, 'is another host too');
    if (!known.has(user_id)) throw invalid(`hosts.${at}`, 'is not a member of this workspace');
    const owner = schedules.find(({ id }) => id === schedule_id)?.user_id;
    if (schedule_id !== null && owner !== user_id)
      throw invalid(`hosts.${at}.schedule_id`, 'is not a schedule of this host');
  });
  return hosts;
}

/** Rules over several settings. Throws `validation_error`. */
export function checkPage(page: BookingPage): void {
  if (page.host_mode === 'one' && page.hosts.length > 1)
    throw invalid('host_mode', 'one needs exactly one host; choose round_robin or collective for several');
  if (page.location_kind === 'link' && !isWebUrl(page.location_text))
    throw invalid('location_text', 'must be an https:// or http:// URL for a link');
}

function isWebUrl(text: string | null): boolean {
  return text !== null && URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}
