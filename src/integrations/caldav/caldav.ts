import { z } from 'zod';
import { plainText } from '../../base/values/text.ts';
import { testCalendar } from '../../scheduling/availability/calendar-test.ts';
import type { Integration } from '../integration.ts';
import { calDavReader } from './caldav-reader.ts';

const secret = (title: string, description: string) =>
  plainText(500).min(1, 'must not be empty').meta({ title, description });

export const caldav: Integration = {
  name: 'caldav',
  label: 'CalDAV',
  docs: 'docs/appointments.md#busy-times',
  calendarReader: calDavReader,
  connection: {
    name: 'caldav',
    label: 'CalDAV',
    description: 'Busy times of a member, from the calendars of Nextcloud, Fastmail, iCloud and others.',
    docs: 'docs/appointments.md#busy-times',
    steps: [
      'In the calendar service, make an app password.',
      'Paste the CalDAV URL of the account or of one calendar, the user name and the app password.',
      'It is read every five minutes; the titles of events are not stored.',
    ],
    settings: z.object({
      url: plainText(2000)
        .transform((url) => url.trim())
        .refine(
          (url) =>
            URL.canParse(url) && /^https?:$/.test(new URL(url).protocol) && new URL(url).username === '',
          'must be an https:// URL without a user name',
        )
        .meta({ title: 'URL', description: 'Of the account, for all its calendars, or of one calendar.' }),
      user_id: z.uuid().toLowerCase().meta({
        title: 'Member',
        description: 'The id of the member whose calendar it is.',
      }),
    }),
    secrets: z.object({
      username: secret('User name', 'Often the e-mail address.'),
      password: secret('Password', 'An app password, where the service has such.'),
    }),
    generate: {},
    scopes: ['booking:manage'],
    inbound: [],
    test: (values, { http }) => testCalendar(calDavReader, values, http),
  },
};
