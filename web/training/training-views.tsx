import { lazy, Suspense } from 'react';
import type { Assessment, CourseRun, Enrolment } from '../api/training-queries.ts';
import { viewOf } from '../record/object-view.ts';
import { AssessmentStatus, CourseRunStatus, EnrolmentStatus } from './training-status.tsx';

/** Loaded on demand: a list needs no page. */
const Participants = lazy(async () => ({ default: (await import('./participants.tsx')).Participants }));

/** A course run has its people on its page. */
export const courseRunView = viewOf<CourseRun>({
  isNameEnough: false,
  listsItself: ['enrolment'],
  fields: {
    name: { column: { width: '24%' } },
    status: {
      Cell: ({ record: { status } }) => <CourseRunStatus status={status} />,
      Value: ({ record: { status } }) => <CourseRunStatus status={status} />,
    },
    kind: { Input: null, Filter: null },
    currency: { Cell: null },
  },
  formOrder: [
    'course_id',
    'name',
    'starts_at',
    'ends_at',
    'venue',
    'trainer_id',
    'places',
    'price',
    'currency',
  ],
  Badge: ({ record: { status } }) => <CourseRunStatus status={status} />,
  Progress: ({ record }) => (
    <Suspense>
      <Participants run={record} />
    </Suspense>
  ),
});

export const enrolmentView = viewOf<Enrolment>({
  isNameEnough: false,
  createLabel: 'Enrol in a course',
  formOrder: ['contact_id', 'course_run_id', 'course_id', 'status', 'payer_id', 'amount', 'currency'],
  fields: {
    status: {
      Cell: ({ record: { status } }) => <EnrolmentStatus status={status} />,
      Value: ({ record: { status } }) => <EnrolmentStatus status={status} />,
    },
    kind: { Input: null, Filter: null },
    currency: { Cell: null },
    commenced_at: { isRare: true },
    completed_at: { isRare: true },
    payer_id: { isRare: true },
  },
  check: ({ course_run_id: run, course_id: course }) =>
    run || course ? {} : { course_run_id: 'Choose a course run, or a course.' },
  Badge: ({ record: { status } }) => <EnrolmentStatus status={status} />,
});

export const assessmentView = viewOf<Assessment>({
  isNameEnough: false,
  formOrder: ['enrolment_id', 'unit_name', 'unit_code', 'status', 'outcome_code'],
  fields: {
    // The title has it.
    unit_code: { column: { wideOnly: true } },
    assessor_id: { column: { wideOnly: true } },
    status: {
      Cell: ({ record: { status } }) => <AssessmentStatus status={status} />,
      Value: ({ record: { status } }) => <AssessmentStatus status={status} />,
    },
  },
  Badge: ({ record: { status } }) => <AssessmentStatus status={status} />,
});
