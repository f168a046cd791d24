import type { WorkspaceSettingsStore } from '../../account/workspace-settings.ts';
import { isoTime, type Clock } from '../../base/clock.ts';
import { invalid } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import { timeZone } from '../../base/values/time-zone.ts';
import { query, type Transaction } from '../../db/query.ts';
import { sql } from '../../db/sql.ts';
import type { BaseRecord } from '../../record/noun.ts';
import type { BeforeWrite, Writer } from '../../record/record-plan.ts';
import type { Draft, ServiceOptions } from '../../record/record-service.ts';
import { appointment, type Appointment } from './appointment.ts';
import type { AppointmentResolution } from './appointment-state.ts';
import { hostsOf, isOverlapping, lockHosts, slotTaken } from './host-lock.ts';
import type { OverlapConstraint } from './overlap-constraint.ts';

export interface AppointmentRuleParts {
  clock: Clock;
  workspaceSettings: WorkspaceSettingsStore;
  constraint: OverlapConstraint;
  /** The domain of UIDs in calendars. */
  uidDomain(): string;
}

/** The fields whose change needs the host's time to be free. */
const TIMING = ['starts_at', 'ends_at', 'host_id', 'status'];

/** What the service of appointments needs: defaults, and the lock of the host around every write that takes time. */
export function appointmentRules(
  parts: AppointmentRuleParts,
): Required<Pick<ServiceOptions, 'enrich' | 'beforeCreate' | 'beforeChange' | 'beforeRestore'>> {
  return {
    enrich: [(draft) => complete(parts, draft)],
    beforeCreate: (writer, record) => takeNew(parts, writer, record),
    beforeChange: [(draft) => takeChanged(parts, draft)],
    beforeRestore: (writer, record) => takeNew(parts, writer, record),
  };
}

async function complete({ workspaceSettings, uidDomain }: AppointmentRuleParts, draft: Draft): Promise<void> {
  const { input, kind, writer } = draft;
  for (const field of ['time_zone', 'guest_time_zone']) {
    const zone = input[field];
    if (typeof zone === 'string' && !timeZone.safeParse(zone).success)
      throw invalid(field, 'must be a name of the IANA time zone database, such as Europe/Berlin');
  }
  const resolution: AppointmentResolution = { hasEnd: input['ends_at'] != null, uidDomain: uidDomain() };
  draft.resolved = { ...resolution, ...draft.resolved };
  if (kind !== 'create') return;
  const { time_zone: zone } = await workspaceSettings.recent(writer.workspaceId);
  input['time_zone'] ??= zone;
  input['host_id'] ??= /^user:(.+)$/.exec(writer.actor)?.[1] ?? null;
  const guest = input['guest_name'];
  input['title'] ??=
    typeof guest === 'string' ? `Appointment: ${guest}`.slice(0, 200).toWellFormed() : 'Appointment';
}

/** Locks the host, and refuses a time that is taken. */
function takeNew({ constraint }: AppointmentRuleParts, writer: Writer, record: BaseRecord): BeforeWrite {
  const made = record as Appointment;
  return async (trx) => {
    await constraint.require();
    await lockHosts(trx, writer.workspaceId, hostsOf(made));
    if (await isOverlapping(trx, writer.workspaceId, made)) throw slotTaken();
  };
}

function takeChanged({ constraint, clock }: AppointmentRuleParts, draft: Draft): BeforeWrite | null {
  const { id, input, writer, resolved } = draft;
  if (id === undefined || !TIMING.some((field) => input[field] !== undefined)) return null;
  return async (trx) => {
    await constraint.require();
    const current = await readCurrent(trx, writer.workspaceId, id);
    if (!current) return;
    const { host_id: next = null } = input as { host_id?: Uuid | null };
    await lockHosts(trx, writer.workspaceId, [...hostsOf(current), ...(next === null ? [] : [next])]);
    const locked = await readCurrent(trx, writer.workspaceId, id);
    if (!locked) return;
    const context = { at: isoTime(clock.now()), actor: writer.actor, resolved };
    const after = appointment.update(locked, input, context);
    if (await isOverlapping(trx, writer.workspaceId, after)) throw slotTaken();
  };
}

async function readCurrent(trx: Transaction, workspaceId: Uuid, id: Uuid): Promise<Appointment | undefined> {
  const rows = await query<Appointment>(
    trx,
    sql`select * from appointment where workspace_id = ${workspaceId} and id = ${id} and deleted_at is null`,
  );
  return rows[0];
}
