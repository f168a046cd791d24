import type { ObjectViewsByKey } from '../record/object-view.ts';
import { MESSAGING_VIEWS } from '../messaging/messaging-views.ts';
import { paymentView } from '../payments/payment-view.tsx';
import { subscriptionView } from '../payments/subscription-view.tsx';
import { appointmentView } from '../scheduling/appointments/appointment-view.tsx';
import { companyView } from './companies/company-view.tsx';
import { contactView } from './contacts/contact-view.tsx';
import { dealView } from './deals/deal-view.tsx';
import { leadView } from './leads/lead-view.tsx';
import { noteView } from './notes/note-view.tsx';
import { taskView } from './tasks/task-view.tsx';

/** What is special about objects in the dashboard, by their keys. An object without a view is drawn from its fields alone. */
export const OBJECT_VIEWS: ObjectViewsByKey = {
  contact: contactView,
  company: companyView,
  deal: dealView,
  task: taskView,
  lead: leadView,
  note: noteView,
  payment: paymentView,
  subscription: subscriptionView,
  appointment: appointmentView,
  ...MESSAGING_VIEWS,
};
