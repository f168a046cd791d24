import type { Assessment, CourseRun, Enrolment } from '../api/training-queries.ts';
import { fieldLabel } from '../ui/field-label.ts';
import { StateBadge, type Tone } from '../ui/state-badge.tsx';

const ENROLMENT_TONES: Record<Enrolment['status'], Tone> = {
  tentative: 'warning',
  enrolled: 'accent',
  in_progress: 'accent',
  completed: 'good',
  withdrawn: 'calm',
  canceled: 'calm',
};

const ASSESSMENT_TONES: Record<Assessment['status'], Tone> = {
  not_started: 'calm',
  submitted: 'warning',
  competent: 'good',
  not_yet_competent: 'bad',
  credit_transfer: 'good',
  recognised: 'good',
  withdrawn: 'calm',
};

const RUN_TONES: Record<CourseRun['status'], Tone> = {
  scheduled: 'accent',
  completed: 'good',
  canceled: 'calm',
};

export function EnrolmentStatus({ status }: Pick<Enrolment, 'status'>) {
  return <StateBadge tone={ENROLMENT_TONES[status]}>{fieldLabel(status)}</StateBadge>;
}

export function AssessmentStatus({ status }: Pick<Assessment, 'status'>) {
  return <StateBadge tone={ASSESSMENT_TONES[status]}>{fieldLabel(status)}</StateBadge>;
}

export function CourseRunStatus({ status }: Pick<CourseRun, 'status'>) {
  return <StateBadge tone={RUN_TONES[status]}>{fieldLabel(status)}</StateBadge>;
}

/** How many places are left, as in `3 of 12 places left`; null without a limit. */
export function placesText({ places, enrolled }: Pick<CourseRun, 'places' | 'enrolled'>): string | null {
  if (places === null) return null;
  const left = places - enrolled;
  if (left <= 0) return `Full: ${enrolled} of ${places} places taken`;
  return `${left} of ${places} ${places === 1 ? 'place' : 'places'} left`;
}
