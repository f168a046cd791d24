import type { FastifyReply, FastifyRequest } from 'fastify';
import type { WorkspaceSettingsStore } from '../../account/workspace-settings.ts';
import { isoTime, type Clock } from '../../base/clock.ts';
import { ApiError, invalid } from '../../base/errors.ts';
import { instant } from '../../base/values/time.ts';
import { storableText } from '../../base/values/submission-origin.ts';
import { withSafeAddresses } from '../../http/public/page-address.ts';
import { frameOf } from '../../http/public/public-page.ts';
import { sendPage } from '../../http/public/public-routes.ts';
import { slotRange, slotsByDate } from '../availability/slot-days.ts';
import type { SlotFinder } from '../availability/slot-finder.ts';
import { DAY_MS } from '../availability/zone-rules.ts';
import { dayStep, timeStep } from './booking-view.ts';
import type { GuestAppointments, ManagedAppointment } from './guest-appointment.ts';
import { dateIn } from './guest-time.ts';
import type { SentFields } from './guest-input.ts';
import { confirmMovePage, managePage, type ManageView } from './manage-view.ts';

export interface ManageSiteParts {
  clock: Clock;
  workspaceSettings: WorkspaceSettingsStore;
  slots: SlotFinder;
  guestAppointments: GuestAppointments;
}

const TAKEN = 'This time was taken in the meantime. Please choose another one.';
const MAX_REASON = 1000;
const MINUTE_MS = 60_000;
const DAYS_SHOWN = 31;

/** The pages behind a guest's link. A GET changes nothing: programs of mail providers open links. */
export class ManageSite {
  readonly #parts: ManageSiteParts;

  constructor(parts: ManageSiteParts) {
    this.#parts = parts;
  }

  async open(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const managed = await this.#find(request);
    const { booked, moved } = request.query as { booked?: string; moved?: string };
    const notice = moved === '1' ? 'Your appointment was moved.' : null;
    return this.#send(request, reply, managed, 200, { notice, isBooked: booked === '1' });
  }

  /** The steps to another time: day, time, question. */
  async openMove(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const managed = await this.#find(request);
    const { page, workspaceId } = managed;
    if (page === null || this.#parts.guestAppointments.obstacle(managed) !== null)
      return this.#send(request, reply, managed, 200, { notice: null, isBooked: false });
    const query = request.query as SentFields;
    const shown = await this.#parts.guestAppointments.shown(workspaceId, managed.appointment.id);
    const start = instant.safeParse(query['start']);
    const frame = frameOf(query);
    if (start.success) {
      const view = { appointment: shown, path: pathOf(request), frame };
      return sendPage(
        reply,
        addresses(managed),
        200,
        confirmMovePage(view, isoTime(Date.parse(start.data)), null),
      );
    }
    return sendPage(reply, addresses(managed), 200, await this.#choose(request, managed, query, null));
  }

  async cancel(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const managed = await this.#find(request);
    await this.#parts.guestAppointments.cancel(managed, reasonOf(request.form ?? {}));
    return reply.redirect(`${pathOf(request)}${searchOf(request, {})}`, 303);
  }

  async cancelJson(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const managed = await this.#find(request);
    const appointment = await this.#parts.guestAppointments.cancel(managed, reasonOf(fieldsOf(request.body)));
    return reply.send({ appointment });
  }

  async move(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const managed = await this.#find(request);
    const fields = request.form ?? {};
    const to = targetOf(managed, fields);
    try {
      await this.#parts.guestAppointments.reschedule(managed, { ...to, reason: reasonOf(fields) });
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 'slot_taken') throw error;
      const date = dateIn(zoneOf(managed), isoTime(to.start));
      const text = await this.#choose(request, managed, { date }, TAKEN);
      return sendPage(reply, addresses(managed), 409, text);
    }
    return reply.redirect(`${pathOf(request)}${searchOf(request, { moved: '1' })}`, 303);
  }

  async moveJson(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const managed = await this.#find(request);
    const fields = fieldsOf(request.body);
    const to = targetOf(managed, fields);
    const appointment = await this.#parts.guestAppointments.reschedule(managed, {
      ...to,
      reason: reasonOf(fields),
    });
    return reply.send({ appointment });
  }

  async #choose(
    request: FastifyRequest,
    managed: ManagedAppointment,
    query: SentFields,
    notice: string | null,
  ): Promise<string> {
    const { workspaceId, appointment } = managed;
    const page = managed.page!;
    const timeZone = zoneOf(managed);
    const duration = durationOf(managed);
    const { name } = await this.#parts.workspaceSettings.recent(workspaceId);
    const view = {
      page,
      path: `${pathOf(request)}/reschedule`,
      workspaceName: name,
      timeZone,
      hostTimeZone: appointment.time_zone,
      duration,
      prefill: {},
      frame: frameOf(request.query as SentFields),
    };
    const now = this.#parts.clock.now();
    const slotsIn = async (from: string, to: string) => {
      const range = slotRange(timeZone, { from, to }, now);
      const wanted = { durationMin: duration, from: range.start, to: range.end, except: appointment.id };
      return this.#parts.slots.list(workspaceId, page, wanted);
    };
    const date = isDate(query['date']) ? query['date'] : null;
    if (date !== null) {
      const found = await slotsIn(date, date);
      return timeStep(
        view,
        date,
        found.map(({ start }) => ({ start: isoTime(start) })),
        notice,
      );
    }
    const today = dateIn(timeZone, isoTime(now));
    const first = isDate(query['from']) && query['from'] > today ? query['from'] : today;
    const last = dayAfter(first, DAYS_SHOWN - 1);
    const more = dayAfter(last, 1);
    return dayStep(view, {
      days: slotsByDate(await slotsIn(first, last), timeZone, false),
      from: first === today ? null : today,
      more: more <= dayAfter(today, page.max_ahead_days) ? more : null,
    });
  }

  async #send(
    request: FastifyRequest,
    reply: FastifyReply,
    managed: ManagedAppointment,
    status: number,
    more: Pick<ManageView, 'notice' | 'isBooked'>,
  ): Promise<FastifyReply> {
    const { guestAppointments } = this.#parts;
    const { workspaceId, appointment, page } = managed;
    const view: ManageView = {
      ...more,
      appointment: await guestAppointments.shown(workspaceId, appointment.id),
      path: pathOf(request),
      frame: frameOf(request.query as SentFields),
      obstacle: guestAppointments.obstacle(managed),
      canMove: page !== null,
      thanks: page?.thanks_text ?? null,
      redirect: addresses(managed)?.redirect_url ?? null,
    };
    return sendPage(reply, addresses(managed), status, managePage(view));
  }

  #find(request: FastifyRequest): Promise<ManagedAppointment> {
    const { token = '' } = request.params as { token?: string };
    return this.#parts.guestAppointments.find(token);
  }
}

/** The sites of the booking page may frame its pages, too. */
function addresses({ page }: ManagedAppointment) {
  return page && withSafeAddresses(page);
}

function pathOf(request: FastifyRequest): string {
  return `/book/manage/${(request.params as { token: string }).token}`;
}

function searchOf(request: FastifyRequest, more: Record<string, string>): string {
  const { embedded } = frameOf(request.query as SentFields);
  const search = new URLSearchParams({ ...more, ...(embedded && { embed: '1' }) }).toString();
  return search === '' ? '' : `?${search}`;
}

function zoneOf({
  appointment: { guest_time_zone: guestZone, time_zone: zone },
}: ManagedAppointment): string {
  return guestZone ?? zone;
}

/** In minutes. */
function durationOf({ appointment: { starts_at: start, ends_at: end } }: ManagedAppointment): number {
  return Math.round((Date.parse(end) - Date.parse(start)) / MINUTE_MS);
}

/** The time that is sent; the duration stays, or is one of the page's. */
function targetOf(managed: ManagedAppointment, fields: SentFields) {
  const parsed = instant.safeParse(fields['start']);
  if (!parsed.success) throw invalid('start', 'must be a time with its offset, as in 2026-12-01T09:00:00Z');
  const present = durationOf(managed);
  const sent = fields['duration'];
  const durationMin = sent === undefined ? present : Number(sent);
  if (durationMin !== present && !managed.page?.duration_min.includes(durationMin))
    throw invalid('duration', 'must be one of the page');
  return { start: Date.parse(parsed.data), durationMin };
}

function reasonOf(fields: SentFields): string | null {
  const text = storableText(fields['reason'])?.trim() ?? '';
  return text === '' ? null : text.slice(0, MAX_REASON).toWellFormed();
}

function fieldsOf(body: unknown): SentFields {
  return typeof body === 'object' && body !== null && !Array.isArray(body) ? (body as SentFields) : {};
}

function isDate(sent: unknown): sent is string {
  return typeof sent === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(sent) && !Number.isNaN(Date.parse(sent));
}

function dayAfter(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}
