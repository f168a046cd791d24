import type { WorkspaceSettingsStore } from '../account/workspace-settings.ts';
import type { Module, ModuleParts } from '../record/module.ts';
import type { Noun } from '../record/noun.ts';
import { fillCurrency } from '../record/workspace-currency.ts';
import { courseRun } from './courses/course-run.ts';
import { fillCourseValues } from './courses/course-values.ts';
import { course } from './courses/course.ts';
import { placesExtension } from './courses/places-extension.ts';
import { assessment } from './enrolments/assessment.ts';
import { fillContact, fillPlace } from './enrolments/enrolment-values.ts';
import { enrolment } from './enrolments/enrolment.ts';
import { placeCheck } from './enrolments/place-check.ts';

export interface TrainingParts extends ModuleParts {
  workspaceSettings: WorkspaceSettingsStore;
}

/** Courses, when they are held, who is enrolled, and their results (RC16). */
export const training: Module<TrainingParts> = {
  nouns: [course, courseRun, enrolment, assessment] as unknown as readonly Noun[],
  scopes: [],
  eventTypes: [],
  eventObjects: [],
  maintenance: () => [],
  prepare({ db, workspaceSettings }) {
    const fallback = fillCurrency(workspaceSettings);
    return {
      records: {
        services: {
          course: { enrich: [fallback] },
          course_run: { enrich: [fillCourseValues(db), fallback] },
          enrolment: { enrich: [fillPlace(db), fallback], ...placeCheck },
          assessment: { enrich: [fillContact(db)] },
        },
        extensions: [placesExtension(db)],
      },
      make: () => ({ routes: [], jobTypes: [] }),
    };
  },
};
