import type { ObjectView } from '../record/object-view.ts';

/**
 * What is special about objects in the dashboard, by their keys. Each is loaded by the pages that show its records. An
 * object without a view is drawn from its fields alone.
 */
export const OBJECT_VIEWS: Readonly<Record<string, () => Promise<ObjectView>>> = {
  contact: async () => (await import('./contacts/contact-view.tsx')).contactView,
  company: async () => (await import('./companies/company-view.tsx')).companyView,
  deal: async () => (await import('./deals/deal-view.tsx')).dealView,
  task: async () => (await import('./tasks/task-view.tsx')).taskView,
  lead: async () => (await import('./leads/lead-view.tsx')).leadView,
  note: async () => (await import('./notes/note-view.tsx')).noteView,
  payment: async () => (await import('../payments/payment-view.tsx')).paymentView,
  subscription: async () => (await import('../payments/subscription-view.tsx')).subscriptionView,
  appointment: async () => (await import('../scheduling/appointments/appointment-view.tsx')).appointmentView,
  course_run: async () => (await import('../training/training-views.tsx')).courseRunView,
  enrolment: async () => (await import('../training/training-views.tsx')).enrolmentView,
  assessment: async () => (await import('../training/training-views.tsx')).assessmentView,
};
