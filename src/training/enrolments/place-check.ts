import { ApiError } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import { query, type Transaction } from '../../db/query.ts';
import type { BaseRecord } from '../../record/noun.ts';
import type { BeforeWrite, Writer } from '../../record/record-plan.ts';
import type { Draft, ServiceOptions } from '../../record/record-service.ts';
import { LEFT, type Enrolment } from './enrolment.ts';

const LEFT_LIST = [...LEFT].map((status) => `'${status}'`).join(', ');

/** Enrolments of a course run are written one after the other. */
const LOCK = {
  name: 'course_run.lock',
  text: `select places, status, coalesce(name, '') as name from course_run
         where workspace_id = $1 and id = $2 for update`,
};

const TAKEN = {
  name: 'enrolment.taken',
  text: `select count(*)::int as taken, count(*) filter (where contact_id = $3)::int as own
         from enrolment
         where workspace_id = $1 and course_run_id = $2 and deleted_at is null and status not in (${LEFT_LIST})
           and not id = any($4::uuid[])`,
};

const CURRENT = {
  name: 'enrolment.current-place',
  text: `select contact_id, course_run_id, status, exists (
           select from assessment a
           where a.workspace_id = e.workspace_id and a.enrolment_id = e.id and a.deleted_at is null) as is_assessed
         from enrolment e
         where workspace_id = $1 and id = $2 and deleted_at is null for update`,
};

type Place = Pick<Enrolment, 'contact_id' | 'course_run_id' | 'status'>;

/** The places that a transaction has taken, but not written yet: the contact, by the id of its enrolment. */
type Claimed = Map<Uuid, { runId: Uuid; contactId: Uuid }>;

const claimedIn = new WeakMap<Transaction, Claimed>();

/**
 * A course run has one enrolment of a contact that has not ended, and no more of them than places. Enrolments of a run wait
 * for the lock on its row, over any number of processes. There is no unique index: a merge of two enrolled contacts must not
 * fail.
 */
export const placeCheck: Pick<ServiceOptions, 'beforeCreate' | 'beforeRestore' | 'beforeChange'> = {
  beforeCreate: checkNew,
  beforeRestore: checkNew,
  beforeChange: [checkChanged],
};

function checkNew({ workspaceId }: Writer, record: BaseRecord): BeforeWrite | null {
  const { id, ...place } = record as BaseRecord & Enrolment;
  if (place.course_run_id === null || LEFT.has(place.status)) return null;
  return (trx) => claimPlace(trx, workspaceId, id, place);
}

/** Of a change that may take a place: of its status, contact or course run. */
function checkChanged({ writer: { workspaceId }, id, input }: Draft): BeforeWrite | null {
  const sent = input as Partial<Place>;
  const isMoved = sent.contact_id !== undefined || sent.course_run_id !== undefined;
  const isBack = sent.status != null && !LEFT.has(sent.status);
  if (!isMoved && !isBack) return null;
  return async (trx) => {
    const [current] = await query<Place & { is_assessed: boolean }>(trx, CURRENT, [workspaceId, id]);
    if (!current) return;
    if (current.is_assessed && sent.contact_id !== undefined && sent.contact_id !== current.contact_id)
      throw refused('contact_id', 'The enrolment has assessments, which are those of its contact.');
    const next = { ...current, ...withoutUndefined(sent) };
    const hasPlace =
      next.contact_id === current.contact_id &&
      next.course_run_id === current.course_run_id &&
      !LEFT.has(current.status);
    if (hasPlace || next.course_run_id === null || LEFT.has(next.status)) return;
    await claimPlace(trx, workspaceId, id!, next);
  };
}

async function claimPlace(
  trx: Transaction,
  workspaceId: Uuid,
  id: Uuid,
  { course_run_id: runId, contact_id: contactId }: Place,
): Promise<void> {
  const [run] = await query<{ places: number | null; status: string }>(trx, LOCK, [workspaceId, runId]);
  if (!run) return;
  if (run.status === 'canceled') throw refused('course_run_id', 'The course run is canceled.');
  const claimed = claimedIn.get(trx) ?? new Map();
  const others = [...claimed].filter(([other, place]) => other !== id && place.runId === runId);
  const ids = [id, ...others.map(([other]) => other)];
  const [found] = await query<{ taken: number; own: number }>(trx, TAKEN, [
    workspaceId,
    runId,
    contactId,
    ids,
  ]);
  const isEnrolled = found!.own > 0 || others.some(([, place]) => place.contactId === contactId);
  if (isEnrolled) throw refused('contact_id', 'The contact is enrolled in this course run already.');
  if (run.places !== null && found!.taken + others.length >= run.places)
    throw refused('course_run_id', `The course run has no place left of ${run.places}.`);
  claimed.set(id, { runId: runId!, contactId });
  claimedIn.set(trx, claimed);
}

function refused(field: string, message: string): ApiError {
  return new ApiError('conflict', message, { fields: [{ field, message }] });
}

function withoutUndefined(sent: Partial<Place>): Partial<Place> {
  return Object.fromEntries(Object.entries(sent).filter(([, value]) => value !== undefined));
}
