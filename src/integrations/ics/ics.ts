import { z } from 'zod';
import { plainText } from '../../base/values/text.ts';
import { CalendarError, statusError } from '../../scheduling/availability/calendar-failure.ts';
import {
  CALENDAR_TIMEOUT_MS,
  MAX_CALENDAR_BYTES,
  type CalendarReader,
} from '../../scheduling/availability/calendar-reader.ts';
import { testCalendar } from '../../scheduling/availability/calendar-test.ts';
import type { Integration } from '../integration.ts';

const MAX_REDIRECTS = 3;

/** Addresses of calendars, with `webcal:` as calendars print it. */
const calendarUrl = plainText(2000)
  .transform((url) => url.trim().replace(/^webcals?:/i, 'https:'))
  .refine(
    (url) => URL.canParse(url) && /^https?:$/.test(new URL(url).protocol) && new URL(url).username === '',
    'must be an https:// or webcal:// URL without a user name',
  );

const hostId = z.uuid().toLowerCase().meta({
  title: 'Member',
  description: 'The id of the member whose calendar it is.',
});

/** Reads a calendar that is published at a URL. */
const reader: CalendarReader = {
  kind: 'ics',
  async read({ http, values, known }) {
    const headers = {
      accept: 'text/calendar, */*;q=0.5',
      'user-agent': 'Fairlead',
      ...(known?.etag && { 'if-none-match': known.etag }),
      ...(known?.lastModified && { 'if-modified-since': known.lastModified }),
    };
    let url = values.secrets['url']!;
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
      // oxlint-disable-next-line no-await-in-loop -- each response says where to go next
      const {
        status,
        headers: received,
        body,
      } = await http(url, {
        headers,
        timeoutMs: CALENDAR_TIMEOUT_MS,
        maxBytes: MAX_CALENDAR_BYTES,
      });
      if (status === 304 && known) return null;
      if (status >= 200 && status < 300)
        return {
          version: { etag: received.etag ?? null, lastModified: received['last-modified'] ?? null },
          texts: [body.toString('utf8').replace(/^\uFEFF/, '')],
        };
      const { location } = received;
      if (status < 300 || status >= 400 || location === undefined || !URL.canParse(location, url))
        throw statusError(status);
      url = new URL(location, url).href;
    }
    throw new CalendarError('too_many_redirects');
  },
};

export const ics: Integration = {
  name: 'ics',
  label: 'Calendar URL (ICS)',
  docs: 'docs/appointments.md#busy-times',
  calendarReader: reader,
  connection: {
    name: 'ics',
    label: 'Calendar URL (ICS)',
    description: 'Busy times of a member, from a calendar that is published at a URL.',
    docs: 'docs/appointments.md#busy-times',
    steps: [
      'In the calendar, copy its secret address in iCal format (Google: Settings → Integrate calendar).',
      'Paste it as the URL, and choose the member whose calendar it is.',
      'It is read every five minutes; the titles of events are not stored.',
    ],
    settings: z.object({ user_id: hostId }),
    secrets: z.object({
      url: calendarUrl.meta({ title: 'URL', description: 'Anyone who knows it can read the calendar.' }),
    }),
    generate: {},
    scopes: ['booking:manage'],
    inbound: [],
    test: (values, { http }) => testCalendar(reader, values, http),
  },
};
