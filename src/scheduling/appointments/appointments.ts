import type { Notices } from '../../account/notice.ts';
import type { WorkspaceSettingsStore } from '../../account/workspace-settings.ts';
import type { MailQueue } from '../../mail/mail-queue.ts';
import type { MadeModule, ModuleParts } from '../../record/module.ts';
import type { NounOptions } from '../../record/record-options.ts';
import type { Records } from '../../record/records.ts';
import { makeCalendarFeeds } from '../invitations/calendar-feed.ts';
import { calendarFeedRoutes, mountCalendarFeeds } from '../invitations/calendar-feed-routes.ts';
import { makeFollowUp } from '../invitations/follow-up.ts';
import { makeFollowUpTimer } from '../invitations/follow-up-timer.ts';
import { makeGuestLinks, type GuestLinks } from '../invitations/guest-link.ts';
import { reminderJob } from '../invitations/reminder.ts';
import { appointmentCreateOptions } from './appointment-create.ts';
import { appointmentRoutes } from './appointment-routes.ts';
import { appointmentRules } from './appointment-rules.ts';
import { appointment } from './appointment.ts';
import { makeOverlapConstraint, type OverlapConstraint } from './overlap-constraint.ts';

export interface AppointmentParts extends ModuleParts {
  notices: Notices;
  workspaceSettings: WorkspaceSettingsStore;
  mail: MailQueue;
  /** The sender of the installation's mail: an address, or a name with an address in <>; null: it sends none. */
  mailFrom: string | null;
}

/** What appointments consist of before the records of all modules are made. */
export interface PreparedAppointments {
  services: Readonly<Record<string, NounOptions>>;
  constraint: OverlapConstraint;
  links: GuestLinks;
  /** The domain of UIDs in calendars. */
  uidDomain(): string;
}

export function prepareAppointments(parts: AppointmentParts): PreparedAppointments {
  const constraint = makeOverlapConstraint(parts.db);
  const uidDomain = () => new URL(parts.baseUrl()).hostname;
  return {
    services: { appointment: appointmentRules({ ...parts, constraint, uidDomain }) },
    constraint,
    links: makeGuestLinks(parts),
    uidDomain,
  };
}

export function makeAppointments(
  parts: AppointmentParts,
  { constraint, links }: PreparedAppointments,
  records: Records,
): Required<Pick<MadeModule, 'routes' | 'jobTypes' | 'createOptions' | 'followers' | 'mountPages'>> {
  const appointments = records.serviceOf(appointment);
  const feeds = makeCalendarFeeds(parts);
  const followUp = makeFollowUp({ ...parts, links });
  return {
    routes: [
      ...appointmentRoutes({ appointments, shown: records.shownAs(appointment), constraint }),
      ...calendarFeedRoutes({ ...parts, feeds }),
    ],
    jobTypes: [reminderJob({ ...parts, links })],
    createOptions: {
      appointment: appointmentCreateOptions({
        ...parts,
        appointments,
        people: records.people,
      }),
    },
    followers: [makeFollowUpTimer(followUp, parts.log)],
    mountPages: (app) => mountCalendarFeeds(app, feeds),
  };
}
