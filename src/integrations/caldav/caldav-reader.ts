import { sha256Text } from '../../base/hmac.ts';
import type { HttpClient, HttpRequest, HttpResponse } from '../../net/http-client.ts';
import { CalendarError, statusError } from '../../scheduling/availability/calendar-failure.ts';
import {
  CALENDAR_TIMEOUT_MS,
  MAX_CALENDAR_BYTES,
  type CalendarReader,
} from '../../scheduling/availability/calendar-reader.ts';
import type { Interval } from '../../scheduling/availability/interval.ts';
import { davResponses, firstHref, type DavResponse } from './dav-response.ts';
import { isSameService } from './dav-service.ts';

const MAX_REDIRECTS = 3;
const MAX_CALENDARS = 20;

const PROPERTIES = `<?xml version="1.0" encoding="utf-8"?>
<d:propfind xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav" xmlns:s="http://calendarserver.org/ns/"><d:prop>
<d:resourcetype/><d:current-user-principal/><c:calendar-home-set/><c:supported-calendar-component-set/>
<c:schedule-calendar-transp/><s:getctag/><d:sync-token/></d:prop></d:propfind>`;

/** Reads calendars by CalDAV (RFC 4791): the one at the URL, or all of the account. */
export const calDavReader: CalendarReader = {
  kind: 'caldav',
  async read({ http, values, known, range }) {
    const dav = makeDav(http, values.settings['url'] as string, values.secrets);
    const calendars = await findCalendars(dav, values.settings['url'] as string);
    if (calendars.length === 0) throw new CalendarError('no_calendar');
    const tags = calendars.map(({ url, response }) => [url, response.tag]);
    // Without tags, every read may have found a change.
    const etag = tags.every(([, tag]) => tag !== null) ? sha256Text(JSON.stringify(tags)) : null;
    if (known && etag !== null && known.etag === etag) return null;
    const texts: string[] = [];
    for (const { url } of calendars) {
      // oxlint-disable-next-line no-await-in-loop -- few, of one server
      const { body } = await dav('REPORT', url, 1, calendarQuery(range));
      texts.push(...davResponses(body.toString('utf8')).flatMap(({ calendarData }) => calendarData ?? []));
    }
    return { version: { etag, lastModified: null }, texts };
  },
};

type Dav = (method: 'PROPFIND' | 'REPORT', url: string, depth: 0 | 1, body: string) => Promise<DavReply>;

interface DavReply extends HttpResponse {
  /** Where it was answered, after redirects. */
  url: string;
}

function makeDav(
  http: HttpClient,
  accountUrl: string,
  { username, password }: Readonly<Record<string, string>>,
): Dav {
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  return async (method, requested, depth, body) => {
    let url = requested;
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
      // The password goes to the account's own servers alone.
      if (!isSameService(url, accountUrl)) throw new CalendarError('too_many_redirects');
      const request: HttpRequest = {
        method,
        headers: {
          authorization,
          depth: String(depth),
          'content-type': 'application/xml; charset=utf-8',
          'user-agent': 'Fairlead',
        },
        body,
        timeoutMs: CALENDAR_TIMEOUT_MS,
        maxBytes: MAX_CALENDAR_BYTES,
      };
      // oxlint-disable-next-line no-await-in-loop -- each response says where to go next
      const response = await http(url, request);
      if (response.status === 207) return { ...response, url };
      const { location } = response.headers;
      if (
        response.status < 300 ||
        response.status >= 400 ||
        location === undefined ||
        !URL.canParse(location, url)
      )
        throw statusError(response.status);
      url = new URL(location, url).href;
    }
    throw new CalendarError('too_many_redirects');
  };
}

interface FoundCalendar {
  url: string;
  response: DavResponse;
}

async function findCalendars(dav: Dav, url: string): Promise<FoundCalendar[]> {
  const reply = await dav('PROPFIND', url, 0, PROPERTIES);
  const [own] = davResponses(reply.body.toString('utf8'));
  if (own?.isCalendar) return [{ url: reply.url, response: own }];
  const home = await findHome(dav, reply.url, own);
  const listed = await dav('PROPFIND', home, 1, PROPERTIES);
  return davResponses(listed.body.toString('utf8'))
    .filter(({ isCalendar, isTransparent, hasEvents }) => isCalendar && !isTransparent && hasEvents)
    .slice(0, MAX_CALENDARS)
    .map((response) => ({ url: new URL(response.href, listed.url).href, response }));
}

/** The collection of an account's calendars (RFC 4791, section 6.2.1; RFC 5397). */
async function findHome(dav: Dav, url: string, own: DavResponse | undefined): Promise<string> {
  if (own?.homeSet) return new URL(own.homeSet, url).href;
  if (!own?.principal) throw new CalendarError('no_calendar');
  const principal = await dav('PROPFIND', new URL(own.principal, url).href, 0, PROPERTIES);
  const home = firstHref(principal.body.toString('utf8'), 'calendar-home-set');
  if (home === null) throw new CalendarError('no_calendar');
  return new URL(home, principal.url).href;
}

function calendarQuery({ start, end }: Interval): string {
  const utc = (time: number) => new Date(time).toISOString().replaceAll(/[-:]|\.\d+/g, '');
  return `<?xml version="1.0" encoding="utf-8"?>
<c:calendar-query xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><d:prop><c:calendar-data/></d:prop>
<c:filter><c:comp-filter name="VCALENDAR"><c:comp-filter name="VEVENT">
<c:time-range start="${utc(start)}" end="${utc(end)}"/></c:comp-filter></c:comp-filter></c:filter></c:calendar-query>`;
}
