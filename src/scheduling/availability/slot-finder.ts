import type { WorkspaceSettingsStore } from '../../account/workspace-settings.ts';
import type { Clock } from '../../base/clock.ts';
import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import type { Queryable } from '../../db/query.ts';
import { readAvailability, type AppointmentReader, type WantedHost } from './host-availability.ts';
import { availableSlots, slotAt, type HostAvailability, type Slot, type SlotRules } from './slots.ts';
import { DAY_MS, MINUTE_MS } from './zone-rules.ts';

/** What of a booking page decides its slots. */
export interface SlotPage extends SlotRules {
  id: Uuid;
  hosts: readonly WantedHost[];
}

export interface SlotFinder {
  /** The slots of a page whose starts are in `[from, to)`, in milliseconds since 1970. */
  list(
    workspaceId: Uuid,
    page: SlotPage,
    wanted: { durationMin: number; from: number; to: number; except?: Uuid | null },
  ): Promise<Slot[]>;
  /**
   * The slot that starts at a time, if it can be booked. A booking calls it in its transaction, with its hosts locked.
   * @param except an appointment that is being moved
   */
  at(
    on: Queryable,
    workspaceId: Uuid,
    page: SlotPage,
    wanted: { durationMin: number; start: number; except?: Uuid | null },
  ): Promise<Slot | undefined>;
}

interface SlotFinderParts {
  db: Database;
  clock: Clock;
  workspaceSettings: WorkspaceSettingsStore;
  appointmentsFor: AppointmentReader;
}

export function makeSlotFinder({
  db,
  clock,
  workspaceSettings,
  appointmentsFor,
}: SlotFinderParts): SlotFinder {
  async function hostsOf(
    on: Queryable,
    workspaceId: Uuid,
    page: SlotPage,
    { from, to, except = null }: { from: number; to: number; except?: Uuid | null },
  ): Promise<HostAvailability[]> {
    const { time_zone: timeZone } = await workspaceSettings.recent(workspaceId);
    const range = { start: from, end: to };
    const wanted = { workspaceId, timeZone, hosts: page.hosts, pageId: page.id, range, except };
    return readAvailability(on, wanted, appointmentsFor);
  }

  return {
    async list(workspaceId, page, { durationMin, from, to, except = null }) {
      const now = clock.now();
      // Nothing is read beyond the horizon, whatever range is requested.
      const bounds = {
        from: Math.max(from, now),
        to: Math.min(to, now + (page.max_ahead_days + 2) * DAY_MS),
      };
      if (bounds.from >= bounds.to) return [];
      const hosts = await hostsOf(db.pool, workspaceId, page, { ...bounds, except });
      return availableSlots({ rules: page, hosts, durationMin, now, ...bounds });
    },

    async at(on, workspaceId, page, { durationMin, start, except = null }) {
      const now = clock.now();
      if (start < now || start > now + (page.max_ahead_days + 2) * DAY_MS) return undefined;
      const to = start + durationMin * MINUTE_MS;
      const hosts = await hostsOf(on, workspaceId, page, { from: start, to, except });
      return slotAt({ rules: page, hosts, durationMin, now }, start);
    },
  };
}
