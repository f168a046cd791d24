import { invalid } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import type { EnrichStep } from '../../record/record-service.ts';
import type { CourseKind } from '../courses/course.ts';
import type { ResolvedEnrolment } from './assessment.ts';
import type { ResolvedPlace } from './enrolment.ts';

const PLACE = {
  name: 'enrolment.place',
  text: `select coalesce(r.name, c.name) as name, c.id as course_id, c.kind,
                coalesce(r.price, c.price) as price,
                case when r.price is null then c.currency else r.currency end as currency
         from course c left join course_run r
           on r.workspace_id = c.workspace_id and r.course_id = c.id and r.id = $2
         where c.workspace_id = $1
           and c.id = coalesce((select course_id from course_run where workspace_id = $1 and id = $2), $3)`,
};

interface PlaceRow {
  name: string;
  course_id: Uuid;
  kind: CourseKind;
  /** As text: numeric. */
  price: string | number | null;
  currency: string;
}

interface Placed {
  course_run_id?: Uuid | null;
  course_id?: Uuid | null;
  kind?: CourseKind | null;
}

/**
 * Fills in the course, the kind and the price from the course run, or from the course. Throws `validation_error` without
 * either, and for a course run of another course.
 */
export function fillPlace(db: Database): EnrichStep {
  return async ({ writer, kind, input, resolved }) => {
    const { course_run_id: runId, course_id: courseId, kind: sentKind } = input as Placed;
    if (kind === 'change' && !runId && !courseId) return;
    if (!runId && !courseId) throw invalid('course_run_id', 'a course run or a course is required');
    const [found] = await db.read<PlaceRow>(PLACE, [writer.workspaceId, runId ?? null, courseId ?? null]);
    // Deleted meanwhile: the reference was checked before.
    if (!found) throw invalid(runId ? 'course_run_id' : 'course_id', 'does not exist');
    if (courseId && found.course_id !== courseId)
      throw invalid('course_id', 'is not the course of the course run');
    const { name, course_id, kind: courseKind, price, currency } = found;
    (resolved as ResolvedPlace).place = { name, course_id, kind: sentKind ?? courseKind };
    if (kind === 'change' || input['amount'] !== undefined || price === null) return;
    if (input['currency'] != null && input['currency'] !== currency) return;
    input['amount'] = Number(price);
    input['currency'] = currency;
  };
}

const CONTACT = {
  name: 'enrolment.contact',
  text: `select contact_id from enrolment where workspace_id = $1 and id = $2`,
};

/** Finds the contact of the enrolment that an assessment belongs to. */
export function fillContact(db: Database): EnrichStep {
  return async ({ writer, input, resolved }) => {
    const { enrolment_id: id } = input;
    if (!id) return;
    const [found] = await db.read<{ contact_id: Uuid }>(CONTACT, [writer.workspaceId, id]);
    if (found) (resolved as ResolvedEnrolment).contact_id = found.contact_id;
  };
}
