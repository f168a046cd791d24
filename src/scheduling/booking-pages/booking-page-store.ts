import { isoTime, type Clock } from '../../base/clock.ts';
import { ApiError } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import { isUniqueViolation } from '../../db/failure.ts';
import type { Database } from '../../db/pool.ts';
import { query, type AfterWrite, type Transaction } from '../../db/query.ts';
import { endDepartureNotices } from '../appointments/host-departure.ts';
import { PAGE_SETTINGS, slugFrom, type HostInput, type PageSettings } from './booking-page-schema.ts';
import type { BookingPage } from './booking-page.ts';
import { checkPage, resolveHosts } from './page-host.ts';

export interface NewPage extends Omit<PageSettings, 'slug'> {
  /** Undefined: made of the title. */
  slug: string | undefined;
}

export interface BookingPageStore {
  /** Newest first; only ids smaller than `after`. */
  list(workspaceId: Uuid, limit: number, after: Uuid | null): Promise<BookingPage[]>;
  get(workspaceId: Uuid, id: Uuid): Promise<BookingPage | undefined>;
  /** A page by the two slugs of its URL; a former slug of a workspace leads to it too. */
  visited(workspaceSlug: string, slug: string): Promise<{ workspaceId: Uuid; page: BookingPage } | undefined>;
  /** Throws `validation_error` for hosts who cannot be any, and `conflict` for a slug of another page. */
  create(
    writer: { workspaceId: Uuid; actor: string },
    input: { settings: NewPage; hosts: readonly HostInput[] },
    afterWrite: AfterWrite<BookingPage>,
  ): Promise<BookingPage>;
  /** Throws as `create`, and `not_found` or `precondition_failed`. */
  update(
    workspaceId: Uuid,
    id: Uuid,
    change: { settings: Partial<PageSettings>; hosts: readonly HostInput[] | undefined },
    expected: readonly number[] | null,
    afterWrite: AfterWrite<BookingPage>,
  ): Promise<BookingPage>;
  /** Its appointments stay. Throws `not_found` or `precondition_failed`. */
  remove(
    workspaceId: Uuid,
    id: Uuid,
    expected: readonly number[] | null,
    afterWrite: AfterWrite<BookingPage>,
  ): Promise<void>;
}

const COLUMNS = ['id', 'version', ...PAGE_SETTINGS, 'created_by', 'created_at', 'updated_at'];
const OWN = COLUMNS.map((column) => `p.${column}`).join(', ');
const SELECTED = `${OWN}, (
  select coalesce(json_agg(json_build_object('user_id', h.user_id, 'weight', h.weight, 'schedule_id', h.schedule_id)
                           order by h.position), '[]')
  from booking_page_host h where h.workspace_id = p.workspace_id and h.page_id = p.id) as hosts`;

const LIST = {
  name: 'booking_page.list',
  text: `select ${SELECTED} from booking_page p
         where p.workspace_id = $1 and p.deleted_at is null and ($2::uuid is null or p.id < $2)
         order by p.id desc limit $3`,
};
const GET = {
  name: 'booking_page.get',
  text: `select ${SELECTED} from booking_page p where p.workspace_id = $1 and p.id = $2 and p.deleted_at is null`,
};
const VISITED = {
  name: 'booking_page.visited',
  text: `select p.workspace_id, ${SELECTED} from workspace_slug w
         join booking_page p on p.workspace_id = w.workspace_id and p.slug = $2 and p.deleted_at is null
         where w.slug = $1`,
};
const LOCK = { name: 'booking_page.lock', text: `${GET.text} for update of p` };
const SIMILAR_SLUGS = {
  name: 'booking_page.similar-slugs',
  text: `select slug from booking_page
         where workspace_id = $1 and deleted_at is null and (slug = $2 or slug like $2 || '-%')`,
};
const INSERT = {
  name: 'booking_page.insert',
  text: `insert into booking_page (workspace_id, ${COLUMNS.join(', ')})
         select $1, ${OWN} from json_populate_record(null::booking_page, $2::json) p`,
};
const CHANGED = ['version', ...PAGE_SETTINGS, 'updated_at'].map((column) => `${column} = p.${column}`);
const UPDATE = {
  name: 'booking_page.update',
  text: `update booking_page t set ${CHANGED.join(', ')}
         from json_populate_record(null::booking_page, $2::json) p
         where t.workspace_id = $1 and t.id = p.id`,
};
const MARK_DELETED = {
  name: 'booking_page.mark-deleted',
  text: `update booking_page set deleted_at = $3 where workspace_id = $1 and id = $2`,
};
const DELETE_HOSTS = {
  name: 'booking_page_host.delete',
  text: `delete from booking_page_host where workspace_id = $1 and page_id = $2`,
};
const INSERT_HOSTS = {
  name: 'booking_page_host.insert',
  text: `insert into booking_page_host (workspace_id, page_id, user_id, position, weight, schedule_id)
         select $1, $2, h.user_id, h.position, h.weight, h.schedule_id
         from json_to_recordset($3::json) h (user_id uuid, position integer, weight integer, schedule_id uuid)`,
};

interface StoreParts {
  db: Database;
  clock: Clock;
  newId: () => Uuid;
}

export function makeBookingPageStore({ db, clock, newId }: StoreParts): BookingPageStore {
  return {
    list: (workspaceId, limit, after) => db.read<BookingPage>(LIST, [workspaceId, after, limit]),
    get: async (workspaceId, id) => (await db.read<BookingPage>(GET, [workspaceId, id]))[0],

    async visited(workspaceSlug, slug) {
      const [row] = await db.read<BookingPage & { workspace_id: Uuid }>(VISITED, [workspaceSlug, slug]);
      if (!row) return undefined;
      const { workspace_id: workspaceId, ...page } = row;
      return { workspaceId, page };
    },

    create: ({ workspaceId, actor }, input, afterWrite) =>
      db.transaction(async (trx) => {
        const hosts = await resolveHosts(trx, workspaceId, input.hosts, []);
        const slug = input.settings.slug ?? (await freeSlug(trx, workspaceId, input.settings.title));
        const at = isoTime(clock.now());
        const stamps = { created_by: actor, created_at: at, updated_at: at };
        const page: BookingPage = { id: newId(), version: 1, ...input.settings, slug, hosts, ...stamps };
        checkPage(page);
        await orConflict(page, () => query(trx, INSERT, [workspaceId, JSON.stringify(page)]));
        await writeHosts(trx, workspaceId, page);
        await afterWrite(trx, page);
        return page;
      }),

    update: (workspaceId, id, change, expected, afterWrite) =>
      db.transaction(async (trx) => {
        const current = await lockPage(trx, workspaceId, id, expected);
        const hosts = change.hosts && (await resolveHosts(trx, workspaceId, change.hosts, current.hosts));
        const next: BookingPage = { ...current, ...change.settings, ...(hosts && { hosts }) };
        checkPage(next);
        if (JSON.stringify(next) !== JSON.stringify(current)) {
          next.version += 1;
          next.updated_at = isoTime(clock.now());
          await orConflict(next, () => query(trx, UPDATE, [workspaceId, JSON.stringify(next)]));
          if (hosts) await writeHosts(trx, workspaceId, next);
          await endDepartureNotices(trx, workspaceId, next.updated_at);
        }
        await afterWrite(trx, next);
        return next;
      }),

    remove: (workspaceId, id, expected, afterWrite) =>
      db.transaction(async (trx) => {
        const page = await lockPage(trx, workspaceId, id, expected);
        const at = isoTime(clock.now());
        await query(trx, MARK_DELETED, [workspaceId, id, at]);
        await query(trx, DELETE_HOSTS, [workspaceId, id]);
        await endDepartureNotices(trx, workspaceId, at);
        await afterWrite(trx, page);
      }),
  };
}

async function writeHosts(trx: Transaction, workspaceId: Uuid, { id, hosts }: BookingPage): Promise<void> {
  await query(trx, DELETE_HOSTS, [workspaceId, id]);
  const rows = hosts.map((host, position) => ({ ...host, position }));
  await query(trx, INSERT_HOSTS, [workspaceId, id, JSON.stringify(rows)]);
}

/** Reads and locks a page for a change. Throws `not_found` or `precondition_failed`. */
async function lockPage(
  trx: Transaction,
  workspaceId: Uuid,
  id: Uuid,
  expected: readonly number[] | null,
): Promise<BookingPage> {
  const [page] = await query<BookingPage>(trx, LOCK, [workspaceId, id]);
  if (!page) throw new ApiError('not_found', 'There is no booking page with this id.');
  if (!expected || expected.includes(page.version)) return page;
  throw new ApiError(
    'precondition_failed',
    `The booking page is at version ${page.version}, not the one in If-Match.`,
  );
}

/** A slug made of a title, with a number if others have it. */
async function freeSlug(trx: Transaction, workspaceId: Uuid, title: string): Promise<string> {
  const base = slugFrom(title);
  const rows = await query<{ slug: string }>(trx, SIMILAR_SLUGS, [workspaceId, base]);
  const taken = new Set(rows.map(({ slug }) => slug));
  if (!taken.has(base)) return base;
  let number = 2;
  while (taken.has(`${base}-${number}`)) number += 1;
  return `${base}-${number}`;
}

async function orConflict<T>({ slug }: BookingPage, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    throw new ApiError('conflict', `slug: another booking page has the slug ${slug}.`, {
      fields: [{ field: 'slug', message: 'is the slug of another booking page' }],
    });
  }
}
