import {
  IconAddressBook,
  IconBuilding,
  IconCalendarEvent,
  IconCash,
  IconCircleCheck,
  IconClipboardCheck,
  IconInbox,
  IconMail,
  IconNote,
  IconRepeat,
  IconSchool,
  IconTargetArrow,
  IconTemplate,
  IconUsers,
  type Icon,
} from '@tabler/icons-react';

/** The icons of objects by their keys: navigation needs them before the views are loaded. */
export const OBJECT_ICONS: Readonly<Record<string, Icon>> = {
  contact: IconAddressBook,
  company: IconBuilding,
  deal: IconTargetArrow,
  task: IconCircleCheck,
  lead: IconInbox,
  note: IconNote,
  payment: IconCash,
  subscription: IconRepeat,
  appointment: IconCalendarEvent,
  email: IconMail,
  template: IconTemplate,
  course: IconSchool,
  course_run: IconCalendarEvent,
  enrolment: IconUsers,
  assessment: IconClipboardCheck,
};

/** Objects that are neither in navigation nor among what the palette creates. */
export const UNLISTED_OBJECTS: ReadonlySet<string> = new Set(['note']);
