import { html, type Html } from '../../http/public/html.ts';
import { hiddenFields, publicPage, type Frame } from '../../http/public/public-page.ts';
import { BOOKING_FILES, type OfferedStart } from './booking-view.ts';
import type { ShownAppointment } from './guest-appointment.ts';
import { clockIn, dateIn, longDate } from './guest-time.ts';

/** What the page of a guest's link shows. */
export interface ManageView {
  appointment: ShownAppointment;
  /** `/book/manage/{token}`. */
  path: string;
  frame: Frame;
  /** Why it cannot be changed; null if it can. */
  obstacle: string | null;
  canMove: boolean;
  /** Shown once, after a step. */
  notice: string | null;
  /** It was booked right now: the embedding page is told so. */
  isBooked: boolean;
  thanks: string | null;
  /** Where the embedding page goes after a booking. */
  redirect: string | null;
}

const HEADINGS = {
  pending: 'Requested',
  booked: 'Confirmed',
  canceled: 'Canceled',
  completed: 'Over',
  no_show: 'Over',
} as const;

/** The appointment, with what its guest can do. Nothing happens until a form is sent. */
export function managePage(view: ManageView): string {
  const { appointment, path, frame, obstacle, canMove, notice, isBooked, thanks, redirect } = view;
  const { status, title } = appointment;
  const search = frame.embedded ? '?embed=1' : '';
  const body = html`
    <div
      role="status"
      ${isBooked && html`data-booked="${appointment.start}"`}
      ${isBooked && redirect !== null && html`data-redirect="${redirect}"`}
    >
      ${notice !== null && html`<p class="note">${notice}</p>`}
      <h1>${HEADINGS[status]}</h1>
      ${isBooked && thanks !== null && html`<p class="text">${thanks}</p>`}
    </div>
    ${summary(appointment)}
    ${status === 'pending' && html`<p class="text">You will get a mail once it is confirmed.</p>`}
    ${obstacle !== null && status !== 'canceled' && html`<p class="text">${obstacle}</p>`}
    ${
      obstacle === null &&
      html`
        ${canMove && html`<p><a class="button" href="${path}/reschedule${search}">Choose another time</a></p>`}
        <form method="post" action="${path}/cancel${search}">
          <div class="field">
            <label for="field-reason">Reason for canceling <span class="optional">(optional)</span></label>
            <input id="field-reason" name="reason" type="text" maxlength="1000" />
          </div>
          <button type="submit" class="quiet">Cancel the appointment</button>
        </form>
      `
    }
  `;
  return publicPage(`${HEADINGS[status]}: ${title}`, body, frame, BOOKING_FILES);
}

/** The question before an appointment is moved to a time. */
export function confirmMovePage(
  { appointment, path, frame }: Pick<ManageView, 'appointment' | 'path' | 'frame'>,
  start: OfferedStart['start'],
  notice: string | null,
): string {
  const { time_zone: zone, title } = appointment;
  const search = frame.embedded ? '?embed=1' : '';
  const body = html`
    <p class="note">${title}</p>
    <h1>Move it to ${longDate(dateIn(zone, start))}, ${clockIn(zone, start)}?</h1>
    ${notice !== null && html`<div class="problems" role="alert"><p>${notice}</p></div>`}
    ${summary(appointment)}
    <form method="post" action="${path}/reschedule${search}">
      <div class="field">
        <label for="field-reason">Reason <span class="optional">(optional)</span></label>
        <input id="field-reason" name="reason" type="text" maxlength="1000" />
      </div>
      ${hiddenFields({ start })}
      <button type="submit">Move the appointment</button>
    </form>
    <p class="more"><a href="${path}${search}">Keep it as it is</a></p>
  `;
  return publicPage(`Move: ${title}`, body, frame, BOOKING_FILES);
}

function summary({ title, start, end, time_zone: zone, location, host }: ShownAppointment): Html {
  const link = location !== null && /^https:\/\/\S+$/.test(location);
  return html`<dl class="summary">
    <dt>What</dt>
    <dd>${title}</dd>
    <dt>When</dt>
    <dd>
      ${longDate(dateIn(zone, start))}, ${clockIn(zone, start)} to ${clockIn(zone, end)}
      (${zone.replaceAll('_', ' ')})
    </dd>
    ${
      host !== null &&
      html`<dt>With</dt>
        <dd>${host}</dd>`
    }
    ${
      location !== null &&
      html`<dt>Where</dt>
        <dd>${link ? html`<a href="${location}">${location}</a>` : location}</dd>`
    }
  </dl>`;
}
