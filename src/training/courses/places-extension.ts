import { z } from 'zod';
import type { Database } from '../../db/pool.ts';
import type { Extension } from '../../record/extension.ts';

const ENROLLED = {
  name: 'course_run.enrolled',
  text: `select r.id, (
           select count(*)::int from enrolment e
           where e.workspace_id = $1 and e.course_run_id = r.id and e.deleted_at is null
             and e.status not in ('withdrawn', 'canceled')) as enrolled
         from unnest($2::uuid[]) r(id)`,
};

/** How many people are enrolled in a course run. */
export function placesExtension(db: Database): Extension {
  return {
    object: 'course_run',
    computedFields: {
      enrolled: {
        label: 'Enrolled',
        description: 'How many people have a place: enrolments that were neither withdrawn nor canceled',
        output: z.int(),
        async valuesOf(workspaceId, records) {
          const ids = records.map(({ id }) => id);
          const rows = await db.read<{ id: string; enrolled: number }>(ENROLLED, [workspaceId, ids]);
          const found = new Map(rows.map(({ id, enrolled }) => [id, enrolled]));
          return ids.map((id) => found.get(id) ?? 0);
        },
      },
    },
  };
}
