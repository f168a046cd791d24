import { isoTime, type Clock } from '../../base/clock.ts';
import { isUniqueViolation } from '../../db/failure.ts';
import { isUuid, type Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import { query, type Transaction } from '../../db/query.ts';
import type { LaneKey } from '../../events/outbox.ts';
import type { JobQueue } from '../../jobs/job-queue.ts';
import type { JobType } from '../../jobs/job.ts';
import type { WorkspaceSettingsStore } from '../../account/workspace-settings.ts';
import type { PersonDirectory } from '../../record/person-directory.ts';
import type { RecordService } from '../../record/record-service.ts';
import { isWithinHours } from './business-hours.ts';
import type { Call } from './call-fields.ts';
import {
  abandonedCall,
  callAfter,
  hasEnded,
  isMissed,
  type CallReport,
  type DialState,
} from './call-state.ts';
import type { CallInput, CallResolution } from './call.ts';
import type { FollowUpTasks } from './follow-up-task.ts';
import { listMemberPhones } from './member-phone.ts';
import { personWith } from './message-values.ts';
import type { PhoneLine } from './received-message.ts';
import { changeRecord } from './telephony-change.ts';

/** A call that comes in. */
export interface IncomingCall {
  externalId: string;
  from: string;
  to: string;
}

/** What the provider has to do with a call. */
export interface CallRoute {
  callId: Uuid;
  /** The number to be called; null: straight to voicemail, or the end. */
  dial: string | null;
  isOpen: boolean;
}

export interface CallRecording {
  url: string;
  durationS: number | null;
  isVoicemail: boolean;
}

/** The call that a report is about: by our own id, else by the provider's. */
export interface CallKey {
  callId: string | null;
  externalId: string | null;
}

export interface TakenReport {
  outcome: 'accepted' | 'duplicate' | 'ignored';
  id: Uuid | null;
}

/** Calls of providers: what comes in, and what is reported of them. */
export interface PhoneCalls {
  /** Records an incoming call once, and says where it rings. */
  take(line: PhoneLine, incoming: IncomingCall): Promise<CallRoute>;
  /** The numbers of an outgoing call that the member has answered; null if there is none. */
  outgoing(line: PhoneLine, callId: string): Promise<{ from: string; to: string } | null>;
  report(line: PhoneLine, key: CallKey, report: CallReport): Promise<TakenReport>;
  /** Notes a recording, which a job then fetches. */
  recorded(line: PhoneLine, key: CallKey, recording: CallRecording): Promise<TakenReport>;
  /** Ends a call of which no more reports come. */
  abandon(workspaceId: Uuid, id: Uuid): Promise<void>;
}

export interface PhoneCallParts {
  db: Database;
  clock: Clock;
  notify(lanes: LaneKey[]): void;
  jobs: JobQueue;
  workspaceSettings: Pick<WorkspaceSettingsStore, 'recent'>;
  calls: RecordService<Call, CallInput>;
  people: PersonDirectory;
  tasks: FollowUpTasks;
  recordingJob: JobType<{ call_id: string }>;
}

const FIND = {
  name: 'call.find',
  text: `select id, dial_state, "from", "to", ended_at is null and status in ('queued', 'ringing') as waits from call
         where workspace_id = $1 and connection_id = $2 and (id = $3::uuid or external_id = $4)
         order by id = $3::uuid desc nulls last limit 1`,
};
const LOCK_DIAL = {
  name: 'call.lock-dial',
  text: 'select dial_state from call where workspace_id = $1 and id = $2 for update',
};
const SET_DIAL = {
  name: 'call.set-dial',
  text: 'update call set dial_state = $3 where workspace_id = $1 and id = $2 and dial_state <> $3',
};
const SET_RECORDING = {
  name: 'call.set-recording',
  text: `update call set recording_source = $3 where workspace_id = $1 and id = $2
         and recording_source is distinct from $3 and recording_file_id is null returning id`,
};
const OWNER = {
  name: 'call.owner',
  text: `select coalesce(
           (select owner_id from contact where workspace_id = $1 and id = $2),
           (select owner_id from lead where workspace_id = $1 and id = $3)) as user_id`,
};

interface FoundCall {
  id: Uuid;
  dial_state: DialState;
  from: string | null;
  to: string | null;
  waits: boolean;
}

export function makePhoneCalls(parts: PhoneCallParts): PhoneCalls {
  const { db, clock, notify, jobs, calls, tasks, recordingJob } = parts;

  async function find({ workspaceId, id }: PhoneLine, { callId, externalId }: CallKey) {
    const ownId = callId !== null && isUuid(callId) ? callId : null;
    const [row] = await db.read<FoundCall>(FIND, [workspaceId, id, ownId, externalId]);
    return row;
  }

  /** Changes a call, and makes the task of one that was missed, both or none. */
  async function change(
    workspaceId: Uuid,
    id: Uuid,
    apply: (current: Call, dial: DialState) => { call: Call; dial: DialState },
    also: (trx: Transaction) => Promise<void> = () => Promise.resolve(),
  ): Promise<boolean> {
    let isChanged = false;
    const lanes = await db.transaction(async (trx) => {
      isChanged = false;
      const [locked] = await query<{ dial_state: DialState }>(trx, LOCK_DIAL, [workspaceId, id]);
      if (!locked) return [];
      await also(trx);
      let missed: Call | null = null;
      let dial = locked.dial_state;
      const written = await changeRecord(trx, calls, { workspaceId, id }, (current) => {
        const next = apply(current, locked.dial_state);
        dial = next.dial;
        isChanged = JSON.stringify(next.call) !== JSON.stringify(current);
        if (!hasEnded(current) && isMissed(next.call)) missed = next.call;
        return next.call;
      });
      await query(trx, SET_DIAL, [workspaceId, id, dial]);
      const noted: LaneKey[] = missed
        ? await tasks.prepareMissedCall(workspaceId, missed)(trx, (missed as Call).contact_id)
        : [];
      return [...written, ...noted];
    });
    notify(lanes);
    return isChanged;
  }

  return {
    async take(line, incoming) {
      const found = await find(line, { callId: null, externalId: incoming.externalId });
      const route = await routeOf(parts, line, incoming.from);
      if (found) return { ...route, callId: found.id };
      const callId = await createIncoming(parts, line, incoming, route);
      return { ...route, callId };
    },

    async outgoing(line, callId) {
      const found = await find(line, { callId, externalId: null });
      if (!found?.waits || found.from === null || found.to === null) return null;
      await change(line.workspaceId, found.id, (call) => ({ call, dial: 'pending' }));
      return { from: found.from, to: found.to };
    },

    async report(line, key, report) {
      const found = await find(line, key);
      if (!found) return { outcome: 'ignored', id: null };
      const isChanged = await change(line.workspaceId, found.id, (call, dial) =>
        callAfter({ call, dial }, report, isoTime(clock.now())),
      );
      return { outcome: isChanged ? 'accepted' : 'duplicate', id: found.id };
    },

    async recorded(line, key, { url, durationS, isVoicemail }) {
      const found = await find(line, key);
      if (!found) return { outcome: 'ignored', id: null };
      const { workspaceId } = line;
      let isNew = false;
      await change(
        workspaceId,
        found.id,
        (call, dial) => ({
          call: {
            ...call,
            is_voicemail: call.is_voicemail || isVoicemail,
            recording_duration: durationS ?? call.recording_duration,
          },
          dial,
        }),
        async (trx) => {
          isNew = (await query(trx, SET_RECORDING, [workspaceId, found.id, url])).length > 0;
          if (isNew) await jobs.enqueue(recordingJob, { call_id: found.id }, { workspaceId, trx });
        },
      );
      return { outcome: isNew ? 'accepted' : 'duplicate', id: found.id };
    },

    async abandon(workspaceId, id) {
      await change(workspaceId, id, (call, dial) => ({
        call: abandonedCall(call, isoTime(clock.now())),
        dial,
      }));
    },
  };
}

interface IncomingRoute extends Omit<CallRoute, 'callId'> {
  person: { contact_id?: Uuid; lead_id?: Uuid };
  userId: Uuid | null;
}

/** By the owner of the caller, else the number of the connection; outside business hours to nobody. */
async function routeOf(
  { db, clock, people, workspaceSettings }: PhoneCallParts,
  { workspaceId, settings }: PhoneLine,
  from: string,
): Promise<IncomingRoute> {
  const person = await personWith(people, db, workspaceId, from);
  const [owner] = await db.read<{ user_id: Uuid | null }>(OWNER, [
    workspaceId,
    person.contact_id ?? null,
    person.lead_id ?? null,
  ]);
  const userId = owner?.user_id ?? null;
  const { time_zone: timeZone } = await workspaceSettings.recent(workspaceId);
  const isOpen = isWithinHours(textOf(settings['business_hours']), timeZone, clock.now());
  if (!isOpen) return { person, userId, dial: null, isOpen };
  const [phone] = userId === null ? [] : await listMemberPhones(db, workspaceId, userId);
  const forwardTo = textOf(settings['forward_to']);
  return { person, userId, dial: phone?.phone ?? (forwardTo === '' ? null : forwardTo), isOpen };
}

async function createIncoming(
  { db, notify, calls }: PhoneCallParts,
  { workspaceId, id: connectionId, kind }: PhoneLine,
  { externalId, from, to }: IncomingCall,
  { person, userId, dial }: IncomingRoute,
): Promise<Uuid> {
  const provider = { name: kind, connectionId, status: 'ringing', externalId } as const;
  const resolved: CallResolution = { provider };
  const writer = { workspaceId, actor: `door:${kind}` };
  const input: CallInput = { direction: 'in', from, to, user_id: userId, ...person };
  const plan = calls.planEnriched(writer, input, { resolved: { ...resolved } });
  try {
    const lanes = await db.transaction(async (trx) => {
      const created = await calls.store.createWithin(trx, writer, [plan]);
      if (dial !== null) await query(trx, SET_DIAL, [workspaceId, plan.id, 'pending']);
      return created;
    });
    notify(lanes);
    return plan.id;
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    const [first] = await db.read<{ id: Uuid }>(FIND, [workspaceId, connectionId, null, externalId]);
    return first!.id;
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.trim() : '';
}
