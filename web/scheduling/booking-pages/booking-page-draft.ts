import { ApiError } from '../../api/client.ts';
import type { BookingPage, BookingPageDraft } from '../../api/booking-page-queries.ts';

/** A draft as the inputs hold it: an empty string where the API has null. */
export type DraftValues = Omit<BookingPageDraft, (typeof NULLABLE_TEXTS)[number]> &
  Record<(typeof NULLABLE_TEXTS)[number], string>;

const NULLABLE_TEXTS = ['description', 'location_text', 'redirect_url'] as const;

const READ_ONLY: ReadonlySet<string> = new Set([
  'id',
  'version',
  'url',
  'embed_code',
  'host_settings',
  'problems',
  'created_by',
  'created_at',
  'updated_at',
]);

/** The values of an existing page, or the defaults of a new one. @param userId the host of a new one */
export function toValues(page: BookingPage | null, userId: string): DraftValues {
  if (page === null) return { ...DEFAULTS, hosts: [userId] };
  const settings = Object.fromEntries(Object.entries(page).filter(([name]) => !READ_ONLY.has(name)));
  const texts = Object.fromEntries(NULLABLE_TEXTS.map((name) => [name, page[name] ?? '']));
  return { ...settings, ...texts } as DraftValues;
}

export function toDraft(values: DraftValues): BookingPageDraft {
  const texts = Object.fromEntries(NULLABLE_TEXTS.map((name) => [name, values[name].trim() || null]));
  return { ...values, ...texts };
}

/** A draft of a new page: the API makes the slug of the title. */
export function toNewPage(values: DraftValues): Partial<BookingPageDraft> & { title: string } {
  const { slug, ...draft } = toDraft(values);
  return slug.trim() === '' ? draft : { ...draft, slug };
}

/** The settings that differ between two drafts. */
export function changedSettings(values: DraftValues, before: DraftValues): Partial<BookingPageDraft> {
  const [current, previous] = [toDraft(values), toDraft(before)];
  const names = (Object.keys(current) as (keyof BookingPageDraft)[]).filter(
    (name) => JSON.stringify(current[name]) !== JSON.stringify(previous[name]),
  );
  return Object.fromEntries(names.map((name) => [name, current[name]]));
}

/** Replaces the index of a question with its label in the errors of the API. */
export function withQuestionLabels(error: unknown, questions: BookingPage['questions']): unknown {
  if (!(error instanceof ApiError)) return error;
  const { status, code, message, requestId, retryAfterS } = error;
  const fields = error.fields.map(({ field, message: reason }) => {
    const [, at = '', name = ''] = /^questions\.(\d+)(?:\.(\w+))?/.exec(field) ?? [];
    const label = questions[Number(at)]?.label;
    return at === '' || !label
      ? { field, message: reason }
      : { field: 'questions', message: `${label}, ${name}: ${reason}` };
  });
  return new ApiError({ status, code, message, fields, requestId, retryAfterS });
}

const DAY = 1440;

const DEFAULTS: Omit<DraftValues, 'hosts'> = {
  slug: '',
  title: '',
  description: '',
  host_mode: 'one',
  duration_min: [30],
  slot_step_min: null,
  start_align_min: null,
  buffer_before_min: 0,
  buffer_after_min: 0,
  min_notice_min: 240,
  max_ahead_days: 60,
  max_per_day: null,
  max_per_week: null,
  location_kind: 'phone',
  location_text: '',
  questions: [],
  confirmation: 'auto',
  cancel_notice_min: 0,
  reminders: [
    { kind: 'email', minutes_before: DAY },
    { kind: 'email', minutes_before: 60 },
  ],
  time_zone_display: 'visitor',
  submit_label: 'Book',
  thanks_text: 'You will get an e-mail with the details.',
  redirect_url: '',
  allowed_origins: [],
  proof_of_work: 'optional',
  active: true,
};
