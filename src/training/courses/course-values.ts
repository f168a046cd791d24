import type { Database } from '../../db/pool.ts';
import type { EnrichStep } from '../../record/record-service.ts';
import type { CourseKind } from './course.ts';
import type { ResolvedCourse } from './course-run.ts';

const COURSE = {
  name: 'course.values',
  text: `select name, kind, price, currency from course where workspace_id = $1 and id = $2 and deleted_at is null`,
};

interface CourseRow {
  name: string;
  kind: CourseKind;
  /** As text: numeric. */
  price: string | number | null;
  currency: string;
}

/** Finds the name, the kind and the price of the course of a new course run; its currency is the default of the run's. */
export function fillCourseValues(db: Database): EnrichStep {
  return async ({ writer, kind, input, resolved }) => {
    if (kind !== 'create') return;
    const [found] = await db.read<CourseRow>(COURSE, [writer.workspaceId, input['course_id']]);
    if (!found) return;
    const price = found.price === null ? null : Number(found.price);
    const isOwnPrice = input['price'] != null || input['currency'] != null;
    (resolved as ResolvedCourse).course = { ...found, price: isOwnPrice ? null : price };
    input['currency'] ??= found.currency;
  };
}
