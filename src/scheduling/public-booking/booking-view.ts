import type { FieldError } from '../../base/errors.ts';
import { html, type Html } from '../../http/public/html.ts';
import {
  CONTROLS,
  hiddenFields,
  honeypot,
  paragraphs,
  publicPage,
  type Frame,
  type PageFiles,
} from '../../http/public/public-page.ts';
import type { BookingPage } from '../booking-pages/booking-page.ts';
import { guestField, problemList, questionField } from './booking-fields.ts';
import { clockIn, dateIn, longDate, shortDate, timeZoneNames } from './guest-time.ts';
import { asksPhone, fieldNames, type SentFields } from './guest-input.ts';

/** The bundled files of web/public/. */
export const BOOKING_FILES: PageFiles = { stylesheet: '/f/assets/form.css', script: '/f/assets/booking.js' };

/** What of the query stays from step to step. */
export interface Choice {
  duration: number;
  timeZone: string;
  /** Values for the details, which a link to the page may hold: `?name=…&email=…`. */
  prefill: Readonly<Record<string, string>>;
  frame: Frame;
}

interface View extends Choice {
  page: BookingPage;
  /** Of the host; shown where it differs. */
  hostTimeZone: string;
  /** `/book/{workspace}/{slug}`, or the guest's link with `reschedule`. */
  path: string;
  workspaceName: string;
}

/** A start as a page offers it. */
export interface OfferedStart {
  /** ISO 8601. */
  start: string;
}

/** The first step of a page with several durations. */
export function durationStep(view: View): string {
  const { page } = view;
  return step(
    view,
    'How long?',
    html`<ul class="choices">
      ${page.duration_min.map(
        (minutes) =>
          html`<li><a href="${linkOf(view, { duration: String(minutes) })}">${lengthOf(minutes)}</a></li>`,
      )}
    </ul>`,
  );
}

/**
 * The days that have free times.
 * @param days by date in the guest's time zone
 * @param more the first date of the following days; null: no further ones can be booked
 */
export function dayStep(
  view: View,
  {
    days,
    from,
    more,
  }: { days: Readonly<Record<string, readonly OfferedStart[]>>; from: string | null; more: string | null },
): string {
  const dates = Object.keys(days).toSorted();
  const list = html`<ul class="choices days">
    ${dates.map((date) => {
      const count = days[date]!.length;
      return html`<li>
        <a href="${linkOf(view, { duration: String(view.duration), date })}">
          ${shortDate(date)} <span class="note">${count === 1 ? '1 time' : `${count} times`}</span>
        </a>
      </li>`;
    })}
  </ul>`;
  const none = html`<p class="text">No free times on these days.</p>`;
  return step(
    view,
    'Which day?',
    html`${dates.length > 0 ? list : none}
      <p class="more">
        ${from !== null && html`<a href="${linkOf(view, { duration: String(view.duration) })}">First days</a>`}
        ${more !== null && html`<a href="${linkOf(view, { duration: String(view.duration), from: more })}">Later days</a>`}
      </p>
      ${zoneForm(view)}`,
  );
}

/** The free times of a day. @param notice above them, such as that the chosen one was taken meanwhile */
export function timeStep(
  view: View,
  date: string,
  starts: readonly OfferedStart[],
  notice: string | null,
): string {
  const duration = String(view.duration);
  return step(
    view,
    longDate(date),
    html`${notice !== null && html`<div class="problems" role="alert"><p>${notice}</p></div>`}
      ${starts.length === 0 && html`<p class="text">No free times on this day.</p>`}
      <ul class="choices times">
        ${starts.map(
          ({ start }) =>
            html`<li>
              <a href="${linkOf(view, { duration, date, start })}">${clockIn(view.timeZone, start)}</a>
            </li>`,
        )}
      </ul>
      <p class="more"><a href="${linkOf(view, { duration })}">Other days</a></p>
      ${zoneForm(view, { date })}`,
  );
}

/** What the details show besides the choice. */
export interface DetailsView extends View {
  start: string;
  token: string;
  /** The proof of work as JSON. */
  challenge: string;
  values: SentFields;
  errors: readonly FieldError[];
  /** Above the fields, for other errors. */
  notice: string | null;
  /** The free times of the day, to choose another one from; where the chosen one was taken meanwhile. */
  starts: readonly OfferedStart[];
}

/** The last step: who books. */
export function detailsStep(view: DetailsView): string {
  const { page, start, duration, timeZone, errors, notice, starts } = view;
  const names = fieldNames(page);
  const date = dateIn(timeZone, start);
  return step(
    view,
    starts.length > 0 ? longDate(date) : `${longDate(date)}, ${clockIn(timeZone, start)}`,
    html`
      <p class="text">${lengthOf(duration)}, ${zoneText(timeZone)}${placeOf(page)}${hostClock(view)}</p>
      ${(errors.length > 0 || notice !== null) && problemList(view)}
      <form method="post" action="${linkOf(view, {})}" data-challenge="${view.challenge}">
        ${
          starts.length > 0
            ? html`<fieldset class="field">
                <legend>Time</legend>
                ${starts.map(
                  (item, at) =>
                    html`<div class="check">
                      <input id="start-${at}" type="radio" name="start" value="${item.start}" required />
                      <label for="start-${at}">${clockIn(timeZone, item.start)}</label>
                    </div>`,
                )}
              </fieldset>`
            : html`<input type="hidden" name="start" value="${start}" />`
        }
        ${guestField(view, { key: 'name', label: 'Name', type: 'text', autocomplete: 'name', required: true })}
        ${guestField(view, { key: 'email', label: 'Email', type: 'email', autocomplete: 'email', required: true })}
        ${
          asksPhone(page) &&
          guestField(view, {
            key: 'phone',
            label: 'Phone',
            type: 'phone',
            autocomplete: 'tel',
            required: false,
          })
        }
        ${
          page.location_kind === 'ask' &&
          guestField(view, {
            key: 'location',
            label: 'Where?',
            type: 'text',
            required: true,
          })
        }
        ${page.questions.map((question) => questionField(view, question))}
        ${guestField(view, {
          key: 'guests',
          label: 'Further guests',
          type: 'text',
          required: false,
          help: 'Email addresses, separated by commas.',
        })}
        ${honeypot.field(honeypot.nameFor(names))}
        ${hiddenFields({ duration: String(duration), time_zone: timeZone, [CONTROLS.token]: view.token })}
        <input type="hidden" name="${CONTROLS.proof}" value="" />
        <button type="submit">${page.submit_label}</button>
      </form>
      <p class="more"><a href="${linkOf(view, { duration: String(duration), date })}">Other times</a></p>
    `,
  );
}

function step(view: View, heading: string, content: Html): string {
  const { page, frame, workspaceName } = view;
  const body = html`
    <p class="note">${workspaceName}</p>
    <h1>${page.title}</h1>
    ${page.description !== null && paragraphs(page.description)}
    <h2>${heading}</h2>
    ${content}
  `;
  return publicPage(`${page.title}: ${heading}`, body, frame, BOOKING_FILES);
}

/** The form that changes the time zone; the script sets that of the browser. */
function zoneForm(view: View, more: Readonly<Record<string, string>> = {}): Html {
  const { timeZone, duration, path, page } = view;
  return html`<form
    method="get"
    action="${path}"
    class="zone"
    data-time-zone="${timeZone}"
    data-follow="${page.time_zone_display === 'visitor' ? 'browser' : 'host'}"
  >
    <label for="time-zone">Time zone</label>
    <select id="time-zone" name="time_zone">
      ${timeZoneNames(timeZone).map(
        (name) =>
          html`<option value="${name}" ${name === timeZone && html`selected`}>
            ${name.replaceAll('_', ' ')}
          </option>`,
      )}
    </select>
    ${hiddenFields({ ...queryOf(view), duration: String(duration), ...more })}
    <button type="submit" class="quiet">Change time zone</button>
  </form>`;
}

/** A link within the page that keeps what was chosen. */
function linkOf(view: View, more: Readonly<Record<string, string>>): string {
  const query = new URLSearchParams({ ...queryOf(view), time_zone: view.timeZone, ...more });
  return `${view.path}?${query.toString()}`;
}

function queryOf({ prefill, frame }: Choice): Record<string, string> {
  return {
    ...prefill,
    ...(frame.embedded && { embed: '1', ...(frame.scheme !== null && { scheme: frame.scheme }) }),
  };
}

function lengthOf(minutes: number): string {
  if (minutes % 60 !== 0) return `${minutes} minutes`;
  return minutes === 60 ? '1 hour' : `${minutes / 60} hours`;
}

/** The time by the clock of the host, for guests in another time zone. */
function hostClock({ timeZone, hostTimeZone, start }: DetailsView): string {
  if (clockIn(timeZone, start) === clockIn(hostTimeZone, start)) return '';
  return `. For the host it is ${clockIn(hostTimeZone, start)} (${zoneText(hostTimeZone)})`;
}

function zoneText(timeZone: string): string {
  return timeZone.replaceAll('_', ' ');
}

/** The place, but not a link: only who has booked needs it. */
function placeOf({ location_kind: kind, location_text: text }: BookingPage): string {
  if (kind === 'in_person' && text !== null) return `, ${text}`;
  if (kind === 'phone') return ', by telephone';
  return kind === 'link' ? ', online' : '';
}
