import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

interface KitCalendar {
  name: string;
  /** iCalendar texts, one an event. */
  events: string[];
  /** Its events are never busy. */
  transparent?: boolean;
}

/** A CalDAV server as accounts have it (RFC 4791): `/` leads to the principal, that to the calendars. */
export interface CalDavServer {
  url: string;
  calendars: KitCalendar[];
  /** `METHOD path` of each request. */
  requests: string[];
  close(): Promise<void>;
}

const CREDENTIALS = `Basic ${Buffer.from('anna:app password').toString('base64')}`;

/** Its user is `anna` with the password `app password`. */
export async function startCalDavServer(calendars: KitCalendar[]): Promise<CalDavServer> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      requests.push(`${request.method} ${request.url}`);
      if (request.headers.authorization !== CREDENTIALS) return response.writeHead(401).end();
      const answer = answerTo(request, body, calendars);
      if (typeof answer === 'string')
        return response.writeHead(207, { 'content-type': 'application/xml' }).end(multistatus(answer));
      return response.writeHead(answer.status, answer.headers).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calendars,
    requests,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function answerTo(
  { method, url, headers }: IncomingMessage,
  body: string,
  calendars: readonly KitCalendar[],
): string | { status: number; headers?: Record<string, string> } {
  if (url === '/.well-known/caldav') return { status: 301, headers: { location: '/dav/' } };
  if (method === 'PROPFIND' && url === '/dav/')
    return resource(
      '/dav/',
      '<d:current-user-principal><d:href>/dav/anna/</d:href></d:current-user-principal>',
    );
  if (method === 'PROPFIND' && url === '/dav/anna/')
    return resource(
      '/dav/anna/',
      '<cal:calendar-home-set><d:href>/dav/anna/calendars/</d:href></cal:calendar-home-set>',
    );
  if (method === 'PROPFIND' && url === '/dav/anna/calendars/' && headers.depth === '1')
    return (
      resource(url, '<d:resourcetype><d:collection/></d:resourcetype>') + calendars.map(described).join('')
    );
  const calendar = calendars.find(({ name }) => url === pathOf(name));
  if (!calendar) return { status: 404 };
  if (method === 'PROPFIND') return described(calendar);
  if (method !== 'REPORT' || !/<c:time-range start="\d{8}T\d{6}Z" end="\d{8}T\d{6}Z"\/>/.test(body))
    return { status: 400 };
  return calendar.events
    .map((text, at) => {
      const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
      const data = at % 2 === 0 ? escaped : `<![CDATA[${text}]]>`;
      return resource(`${url}${at}.ics`, `<cal:calendar-data>${data}</cal:calendar-data>`);
    })
    .join('');
}

const pathOf = (name: string) => `/dav/anna/calendars/${name}/`;

function described({ name, events, transparent = false }: KitCalendar): string {
  const how = transparent ? 'transparent' : 'opaque';
  return resource(
    pathOf(name),
    `<d:resourcetype><d:collection/><cal:calendar/></d:resourcetype><cs:getctag>${events.join('').length}</cs:getctag>
     <cal:schedule-calendar-transp><cal:${how}/></cal:schedule-calendar-transp>
     <cal:supported-calendar-component-set><cal:comp name="VEVENT"/></cal:supported-calendar-component-set>`,
  );
}

function resource(href: string, properties: string): string {
  return `<d:response><d:href>${href}</d:href><d:propstat><d:prop>${properties}</d:prop>
    <d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>`;
}

function multistatus(responses: string): string {
  return `<?xml version="1.0"?><d:multistatus xmlns:d="DAV:" xmlns:cal="urn:ietf:params:xml:ns:caldav"
    xmlns:cs="http://calendarserver.org/ns/">${responses}</d:multistatus>`;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
