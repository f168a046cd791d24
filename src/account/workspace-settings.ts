import { isoTime, type Clock } from '../base/clock.ts';
import { ApiError } from '../base/errors.ts';
import type { Uuid } from '../base/id.ts';
import type { Database } from '../db/pool.ts';
import { query, type Transaction } from '../db/query.ts';

/** When opens, or clicks, of emails are recorded: never; of those that ask for it; of those that do not say otherwise. */
export const TRACKING_MODES = ['never', 'on_request', 'always'] as const;
export type TrackingMode = (typeof TRACKING_MODES)[number];

/** Which opens and clicks fire events: the first of a person, the first of anything, or all. */
export const TRACKING_EVENTS = ['first_human', 'first_any', 'every'] as const;
export type TrackingEvents = (typeof TRACKING_EVENTS)[number];

/** What a workspace chooses about itself. */
export interface WorkspaceSettings {
  name: string;
  /** Unique in the installation; a part of the URLs of public pages. */
  slug: string;
  /** ISO 4217: the currency of amounts without one. */
  currency: string;
  /** ISO 3166-1 alpha-2: the country of telephone numbers without a country code. Null: they are compared by digits. */
  default_country: string | null;
  /** IANA, as in `Europe/Berlin`. */
  time_zone: string;
  /** BCP 47, as in `de-DE`: how numbers and dates are written. */
  locale: string;
  open_tracking: TrackingMode;
  click_tracking: TrackingMode;
  tracking_events: TrackingEvents;
}

export interface WorkspaceSettingsStore {
  /** The current settings. */
  get(workspaceId: Uuid): Promise<WorkspaceSettings>;
  /** The settings, at most a second old: for writes that need them often. */
  recent(workspaceId: Uuid): Promise<WorkspaceSettings>;
  /**
   * Changes what `change` has, then runs `record` in the same transaction. A former slug still leads to the workspace,
   * which may also take it back. Throws `conflict` if the slug is or was another workspace's.
   */
  update(
    workspaceId: Uuid,
    change: Partial<WorkspaceSettings>,
    record: (trx: Transaction, updated: WorkspaceSettings) => Promise<void>,
  ): Promise<WorkspaceSettings>;
}

const CACHE_MS = 1_000;
const MAX_CACHED = 10_000;

const COLUMNS =
  'name, slug, currency, default_country, time_zone, locale, open_tracking, click_tracking, tracking_events';
const GET = { name: 'workspace.settings', text: `select ${COLUMNS} from workspace where id = $1` };
const LOCK = {
  name: 'workspace.lock-settings',
  text: `select ${COLUMNS} from workspace where id = $1 for no key update`,
};
const SET = {
  name: 'workspace.set-settings',
  text: `update workspace set name = $2, slug = $3, currency = $4, default_country = $5, time_zone = $6, locale = $7,
                open_tracking = $8, click_tracking = $9, tracking_events = $10
         where id = $1`,
};
const TAKE_SLUG = {
  name: 'workspace_slug.take',
  text: `insert into workspace_slug (slug, workspace_id, created_at) values ($1, $2, $3)
         on conflict (slug) do update set workspace_id = excluded.workspace_id
         where workspace_slug.workspace_id = excluded.workspace_id returning slug`,
};
export function makeWorkspaceSettings({ db, clock }: { db: Database; clock: Clock }): WorkspaceSettingsStore {
  const cached = new Map<Uuid, { settings: Promise<WorkspaceSettings>; until: number }>();

  async function get(workspaceId: Uuid): Promise<WorkspaceSettings> {
    const [row] = await db.read<WorkspaceSettings>(GET, [workspaceId]);
    return row!;
  }

  return {
    get,

    recent(workspaceId) {
      const now = clock.monotonic();
      const known = cached.get(workspaceId);
      if (known && now < known.until) return known.settings;
      if (cached.size >= MAX_CACHED) cached.clear();
      const settings = get(workspaceId);
      cached.set(workspaceId, { settings, until: now + CACHE_MS });
      settings.catch(() => cached.delete(workspaceId));
      return settings;
    },

    async update(workspaceId, change, record) {
      const updated = await db.transaction(async (trx) => {
        const [existing] = await query<WorkspaceSettings>(trx, LOCK, [workspaceId]);
        const next = { ...existing!, ...change };
        if (next.slug !== existing!.slug) await takeSlug(trx, workspaceId, next.slug);
        await query(trx, SET, [
          workspaceId,
          next.name,
          next.slug,
          next.currency,
          next.default_country,
          next.time_zone,
          next.locale,
          next.open_tracking,
          next.click_tracking,
          next.tracking_events,
        ]);
        await record(trx, next);
        return next;
      });
      cached.delete(workspaceId);
      return updated;
    },
  };

  async function takeSlug(trx: Transaction, workspaceId: Uuid, slug: string): Promise<void> {
    const taken = await query(trx, TAKE_SLUG, [slug, workspaceId, isoTime(clock.now())]);
    if (taken.length > 0) return;
    throw new ApiError('conflict', `The slug ${slug} belongs, or belonged, to another workspace.`, {
      fields: [{ field: 'slug', message: 'is taken' }],
    });
  }
}
