import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { WorkspaceSettingsStore } from '../../account/workspace-settings.ts';
import { isoTime, type Clock } from '../../base/clock.ts';
import { ApiError } from '../../base/errors.ts';
import type { Database } from '../../db/pool.ts';
import { errorBody, validationError } from '../../http/error-response.ts';
import { validate } from '../../http/validation.ts';
import { instant } from '../../base/values/time.ts';
import { timeZone as zoneSchema } from '../../base/values/time-zone.ts';
import type { PageVisits } from '../../http/public/page-visits.ts';
import { frameOf } from '../../http/public/public-page.ts';
import type { PublicRoutes } from '../../http/public/public-routes.ts';
import { sendPage } from '../../http/public/public-routes.ts';
import { withSafeAddresses } from '../../http/public/page-address.ts';
import { slotQuery, slotRange, slotsByDate } from '../availability/slot-days.ts';
import type { SlotFinder } from '../availability/slot-finder.ts';
import { DAY_MS } from '../availability/zone-rules.ts';
import type { BookingPageStore } from '../booking-pages/booking-page-store.ts';
import { pageDuration } from '../booking-pages/slot-routes.ts';
import { startOf, type BookingHandler } from './booking-handler.ts';
import {
  dayStep,
  detailsStep,
  durationStep,
  timeStep,
  type DetailsView,
  type OfferedStart,
} from './booking-view.ts';
import type { GuestAppointments } from './guest-appointment.ts';
import { hostZoneOf, type VisitedPage } from './guest-booking.ts';
import { durationOf, fieldNames, type GuestInput, type SentFields } from './guest-input.ts';
import { dateIn } from './guest-time.ts';

export interface BookingSiteParts {
  db: Database;
  clock: Clock;
  workspaceSettings: WorkspaceSettingsStore;
  pages: Pick<BookingPageStore, 'visited'>;
  slots: SlotFinder;
  visits: Pick<PageVisits, 'open'>;
  handler: BookingHandler;
  guestAppointments: GuestAppointments;
}

const NO_PAGE = 'This page does not exist or is no longer active.';
const TAKEN = 'This time was taken in the meantime. Please choose another one.';
const DAYS_SHOWN = 31;
const PREFILL_LENGTH = 1000;

const slotsQuery = z
  .object({ ...slotQuery, tz: zoneSchema.optional() })
  .transform(({ tz, ...query }) => ({ ...query, time_zone: query.time_zone ?? tz }));

/** What of a request the steps need. */
interface Visit extends VisitedPage {
  query: SentFields;
  path: string;
  workspaceName: string;
  timeZone: string;
  /** Of the first host. */
  hostTimeZone: string;
  duration: number;
}

/** The handlers of the public routes of a booking page. Each step is a page of its own, and needs no script. */
export class BookingSite {
  readonly #routes: PublicRoutes;
  readonly #parts: BookingSiteParts;

  constructor(routes: PublicRoutes, parts: BookingSiteParts) {
    this.#routes = routes;
    this.#parts = parts;
  }

  /** The active page of the URL. Throws `not_found`. */
  async findPage(request: FastifyRequest): Promise<VisitedPage> {
    const { workspace = '', slug = '' } = request.params as { workspace?: string; slug?: string };
    // PostgreSQL takes no NUL; other characters match no slug.
    const isPossible = !`${workspace}${slug}`.includes('\0');
    const visited = isPossible
      ? await this.#parts.pages.visited(workspace.toLowerCase(), slug.toLowerCase())
      : undefined;
    if (!visited?.page.active) throw new ApiError('not_found', NO_PAGE);
    return { ...visited, page: withSafeAddresses(visited.page) };
  }

  /** Shows the step that the query has come to: duration, day, time, details. */
  async openPage(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const visit = await this.#visitOf(request);
    const { page, query } = visit;
    const send = (text: string) => sendPage(reply, page, 200, text);
    if (page.duration_min.length > 1 && query['duration'] === undefined)
      return send(durationStep(viewOf(visit)));
    const start = timeOf(query['start']);
    const date = dateOf(query['date']);
    if (start !== null) return this.#openDetails(reply, visit, start);
    if (date !== null) return send(timeStep(viewOf(visit), date, await this.#startsOn(visit, date), null));
    return send(await this.#days(visit, dateOf(query['from'])));
  }

  /** The free times, for scripts. */
  async listSlots(request: FastifyRequest, reply: FastifyReply): Promise<object> {
    const { workspaceId, page } = await this.findPage(request);
    this.#routes.checkOrigin(request, reply, page);
    void reply.header('cache-control', 'no-store');
    const parsed = validate(slotsQuery, request.query, false);
    if ('error' in parsed) throw validationError(parsed.error, 'query');
    const { from, to, time_zone: wanted, duration } = parsed.data;
    const zone = wanted ?? (await this.#parts.workspaceSettings.recent(workspaceId)).time_zone;
    const durationMin = pageDuration(page, duration);
    const range = slotRange(zone, { from, to }, this.#parts.clock.now());
    const found = await this.#parts.slots.list(workspaceId, page, {
      durationMin,
      from: range.start,
      to: range.end,
    });
    return { time_zone: zone, duration: durationMin, slots: slotsByDate(found, zone, false) };
  }

  /** What a front end of its own needs. */
  async openSession(request: FastifyRequest, reply: FastifyReply): Promise<object> {
    const { page } = await this.findPage(request);
    this.#routes.checkOrigin(request, reply, page);
    void reply.header('cache-control', 'no-store');
    const { title, description, duration_min: durations, questions } = page;
    return {
      ...(await this.#parts.visits.open(page.id)),
      page: { title, description, duration_min: durations, questions },
    };
  }

  async submitJson(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const visited = await this.findPage(request);
    this.#routes.checkOrigin(request, reply, visited.page);
    const fields = fieldsOf(request.body);
    const handled = await this.#parts.handler.take(visited, {
      fields,
      address: request.ip,
      needsToken: false,
    });
    switch (handled.kind) {
      case 'booked': {
        const appointment = await this.#parts.guestAppointments.shown(visited.workspaceId, handled.id);
        return reply.code(201).send({ appointment });
      }
      case 'taken':
        return this.#refuseTaken(request, reply, visited, handled.input);
      case 'stale':
        throw refused([
          { field: '_token', message: 'has expired; get a new one from the session of the page' },
        ]);
      default:
        throw refused(handled.errors);
    }
  }

  async submitPage(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const visit = await this.#visitOf(request, request.form ?? {});
    const { page, workspaceId, query } = visit;
    this.#routes.checkOrigin(request, reply, page);
    const fields = request.form ?? {};
    const handled = await this.#parts.handler.take(visit, { fields, address: request.ip, needsToken: true });
    const start = timeOf(fields['start']) ?? isoTime(this.#parts.clock.now());
    switch (handled.kind) {
      case 'booked': {
        const { redirect_url: redirect } = page;
        const { embedded } = frameOf(query);
        const { manage_url: url } = await this.#parts.guestAppointments.shown(workspaceId, handled.id);
        const done = `${new URL(url).pathname}?booked=1${embedded ? '&embed=1' : ''}`;
        return reply.redirect(embedded ? done : (redirect ?? done), 303);
      }
      case 'taken': {
        const starts = await this.#startsOn(visit, dateIn(visit.timeZone, start));
        const view = { fields, errors: [], notice: TAKEN, starts };
        if (starts.length > 0) return sendPage(reply, page, 409, await this.#details(visit, start, view));
        const date = dateIn(visit.timeZone, start);
        return sendPage(reply, page, 409, timeStep(viewOf(visit), date, [], TAKEN));
      }
      case 'stale': {
        const notice = 'This page was open for a long time. Please send it once more.';
        const view = { fields, errors: [], notice, starts: [] };
        return sendPage(reply, page, 400, await this.#details(visit, start, view));
      }
      default: {
        const view = { fields, errors: handled.errors, notice: null, starts: [] };
        return sendPage(reply, page, 400, await this.#details(visit, start, view));
      }
    }
  }

  /** 409 with the fresh times of the day. */
  async #refuseTaken(
    request: FastifyRequest,
    reply: FastifyReply,
    visited: VisitedPage,
    input: GuestInput,
  ): Promise<FastifyReply> {
    const { workspaceId, page } = visited;
    const zone = input.timeZone ?? (await this.#parts.workspaceSettings.recent(workspaceId)).time_zone;
    const day = dateIn(zone, startOf(input));
    const range = slotRange(zone, { from: day, to: day }, this.#parts.clock.now());
    const found = await this.#parts.slots.list(workspaceId, page, {
      durationMin: input.durationMin,
      from: range.start,
      to: range.end,
    });
    const error = new ApiError('slot_taken', TAKEN);
    const body = JSON.parse(errorBody(error, request.id)) as object;
    return reply.code(409).send({ ...body, time_zone: zone, slots: slotsByDate(found, zone, false) });
  }

  async #openDetails(reply: FastifyReply, visit: Visit, start: string): Promise<FastifyReply> {
    const { page, query } = visit;
    const starts = await this.#startsOn(visit, dateIn(visit.timeZone, start));
    if (starts.some((item) => Date.parse(item.start) === Date.parse(start))) {
      const view = { fields: prefillOf(page, query), errors: [], notice: null, starts: [] };
      return sendPage(reply, page, 200, await this.#details(visit, start, view));
    }
    return sendPage(reply, page, 200, timeStep(viewOf(visit), dateIn(visit.timeZone, start), starts, TAKEN));
  }

  async #details(
    visit: Visit,
    start: string,
    { fields, ...view }: { fields: SentFields } & Pick<DetailsView, 'errors' | 'notice' | 'starts'>,
  ): Promise<string> {
    const { token, challenge } = await this.#parts.visits.open(visit.page.id);
    return detailsStep({
      ...viewOf(visit),
      ...view,
      start,
      token,
      challenge: JSON.stringify(challenge),
      values: fields,
    });
  }

  async #days(visit: Visit, from: string | null): Promise<string> {
    const { timeZone, page } = visit;
    const now = this.#parts.clock.now();
    const today = dateIn(timeZone, isoTime(now));
    const first = from !== null && from > today ? from : today;
    const last = dayAfter(first, DAYS_SHOWN - 1);
    const found = await this.#slotsIn(visit, first, last);
    const more = dayAfter(last, 1);
    return dayStep(viewOf(visit), {
      days: slotsByDate(found, timeZone, false),
      from: first === today ? null : today,
      more: more <= dayAfter(today, page.max_ahead_days) ? more : null,
    });
  }

  async #startsOn(visit: Visit, date: string): Promise<OfferedStart[]> {
    const found = await this.#slotsIn(visit, date, date);
    return found.map(({ start }) => ({ start: isoTime(start) }));
  }

  #slotsIn({ workspaceId, page, timeZone, duration }: Visit, from: string, to: string) {
    const range = slotRange(timeZone, { from, to }, this.#parts.clock.now());
    const wanted = { durationMin: duration, from: range.start, to: range.end };
    return this.#parts.slots.list(workspaceId, page, wanted);
  }

  /** @param fields what a form sent; it takes precedence over the query */
  async #visitOf(request: FastifyRequest, fields: SentFields = {}): Promise<Visit> {
    const visited = await this.findPage(request);
    const query = request.query as SentFields;
    const settings = await this.#parts.workspaceSettings.recent(visited.workspaceId);
    const { workspace = '', slug = '' } = request.params as { workspace?: string; slug?: string };
    const zone = zoneSchema.safeParse(fields['time_zone'] ?? query['time_zone'] ?? query['tz']);
    const duration = durationOf(visited.page, fields['duration'] ?? query['duration']);
    const hostTimeZone = await hostZoneOf(this.#parts.db, visited);
    return {
      ...visited,
      query,
      path: `/book/${encodeURIComponent(workspace)}/${encodeURIComponent(slug)}`,
      workspaceName: settings.name,
      timeZone: zone.success ? zone.data : hostTimeZone,
      hostTimeZone,
      duration: 'value' in duration ? duration.value : visited.page.duration_min[0]!,
    };
  }
}

function viewOf({ page, path, workspaceName, timeZone, hostTimeZone, duration, query }: Visit) {
  return {
    page,
    path,
    workspaceName,
    timeZone,
    hostTimeZone,
    duration,
    prefill: prefillOf(page, query),
    frame: frameOf(query),
  };
}

/** Values for the page's own fields and questions, and nothing else. `a1` is the answer to the first question. */
function prefillOf(page: VisitedPage['page'], query: SentFields): Record<string, string> {
  const numbered = new Map(page.questions.map(({ key }, at) => [key, `a${at + 1}`]));
  return Object.fromEntries(
    fieldNames(page).flatMap((name) => {
      const value = query[name] ?? query[numbered.get(name) ?? ''];
      return typeof value === 'string' && value !== '' ? [[name, value.slice(0, PREFILL_LENGTH)]] : [];
    }),
  );
}

function fieldsOf(body: unknown): SentFields {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as SentFields;
  throw refused([{ field: 'body', message: 'must be an object' }]);
}

function refused(errors: { field: string; message: string }[]): ApiError {
  const [first] = errors;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  return new ApiError('validation_error', `${first!.field}: ${first!.message}${more}`, { fields: errors });
}

/** A time of the query, in the format of the API. */
function timeOf(sent: unknown): string | null {
  const parsed = instant.safeParse(sent);
  return parsed.success ? isoTime(Date.parse(parsed.data)) : null;
}

function dateOf(sent: unknown): string | null {
  const isDate =
    typeof sent === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(sent) && !Number.isNaN(Date.parse(sent));
  return isDate ? sent : null;
}

function dayAfter(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}
