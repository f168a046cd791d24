import { z } from 'zod';
import type { Uuid } from '../../base/id.ts';
import { requiredText, text } from '../../base/values/text.ts';
import { ignored } from '../../record/fields/field.ts';
import { recordId } from '../../record/fields/record.ts';
import { MAX_AHEAD_DAYS } from '../availability/slot-days.ts';
import type { BookingPage } from './booking-page.ts';
import { questions, questionShape } from './booking-question.ts';
import type { PageProblem } from './page-problem.ts';

const MAX_HOSTS = 50;
const MAX_DURATIONS = 10;
const DAY_MIN = 1440;
const YEAR_MIN = 365 * DAY_MIN;
/** As sent; percent-encoded it may be longer (http/public/page-address.ts). */
const MAX_URL_LENGTH = 6000;

/** Names that public pages have, or may need, below a workspace's. */
const RESERVED_SLUGS = new Set(['api', 'assets', 'book', 'embed', 'manage', 'new', 'preview', 'slots']);

const minutes = (min: number, max: number) => z.int().min(min).max(max);

const host = z.union(
  [
    recordId,
    z.strictObject({
      user_id: recordId,
      weight: z.int().min(1).max(100).optional(),
      schedule_id: recordId.nullable().optional(),
      name: ignored,
    }),
  ],
  { error: 'must be a user id, or an object with user_id, weight and schedule_id' },
);

const reminder = z.strictObject({
  kind: z.enum(['email']).default('email'),
  minutes_before: minutes(5, 30 * DAY_MIN),
});

const own = {
  slug: z
    .string()
    .regex(/^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/, 'must be 1 to 64 of a-z, 0-9 and hyphens')
    .refine((slug) => !RESERVED_SLUGS.has(slug), 'is reserved')
    .meta({ description: 'The last part of the URL, unique in the workspace.', examples: ['intro-call'] }),
  title: requiredText(200),
  description: text(2000),
  hosts: z
    .array(host)
    .min(1, 'must hold at least one host')
    .max(MAX_HOSTS, `must hold at most ${MAX_HOSTS} hosts`)
    .meta({
      description:
        'User ids, or objects with `user_id`, `weight` (share of a round robin) and `schedule_id` (null: the default schedule). An id keeps the weight and schedule that the host has.',
    }),
  host_mode: z.enum(['one', 'round_robin', 'collective']).meta({
    description: '`one` host, `round_robin`: a free one of them, `collective`: all of them together.',
  }),
  duration_min: z
    .array(minutes(5, DAY_MIN))
    .min(1, 'must hold at least one duration')
    .max(MAX_DURATIONS, `must hold at most ${MAX_DURATIONS} durations`)
    .refine((list) => new Set(list).size === list.length, 'must be distinct')
    .meta({ description: 'In minutes; guests choose, the first is the default.' }),
  slot_step_min: minutes(5, DAY_MIN)
    .nullable()
    .meta({ description: 'Minutes between starts; null: the duration.' }),
  start_align_min: minutes(0, 59).nullable().meta({
    description:
      'Minutes past the full local hour at which starts begin; null: at the beginning of working hours.',
  }),
  buffer_before_min: minutes(0, DAY_MIN).meta({ description: 'Free minutes before each appointment.' }),
  buffer_after_min: minutes(0, DAY_MIN).meta({ description: 'Free minutes after each appointment.' }),
  min_notice_min: minutes(0, YEAR_MIN).meta({ description: 'The shortest notice of a booking, in minutes.' }),
  max_ahead_days: z.int().min(0).max(MAX_AHEAD_DAYS).meta({ description: 'How far ahead it can be booked.' }),
  max_per_day: z.int().min(1).max(1000).nullable().meta({
    description: "Appointments by host and day of the host's time zone; null: any number.",
  }),
  max_per_week: z.int().min(1).max(1000).nullable().meta({
    description: 'The same by week, from Monday.',
  }),
  location_kind: z.enum(['in_person', 'phone', 'link', 'ask']).meta({
    description: '`ask`: the guest says where.',
  }),
  location_text: text(1000).meta({ description: 'An address, a telephone number, or the URL of a `link`.' }),
  questions,
  confirmation: z
    .enum(['auto', 'manual'])
    .meta({ description: '`manual`: a host confirms each appointment.' }),
  cancel_notice_min: minutes(0, YEAR_MIN).meta({
    description: 'Until how many minutes before the start guests may move and cancel.',
  }),
  reminders: z
    .array(reminder)
    .max(5, 'must hold at most 5 reminders')
    .refine(
      (list) => new Set(list.map((item) => item.minutes_before)).size === list.length,
      'must be distinct',
    ),
  time_zone_display: z.enum(['visitor', 'host']).meta({
    description: "The time zone that the page shows: the visitor's, or the host's for meetings in person.",
  }),
  submit_label: requiredText(100),
  thanks_text: requiredText(2000),
  // http/public/page-address.ts validates the URL.
  redirect_url: z
    .string()
    .max(MAX_URL_LENGTH, `must have at most ${MAX_URL_LENGTH} characters`)
    .nullable()
    .meta({ description: 'URL that guests are redirected to after booking: `https://`.' }),
  allowed_origins: z
    .array(z.string().max(300, 'must have at most 300 characters'))
    .max(50, 'must hold at most 50 origins')
    .meta({ description: 'Origins that may embed the page, as in `https://www.example.com`.' }),
  proof_of_work: z.enum(['optional', 'required']).meta({
    description:
      '`required`: bookings without proof of work, as from browsers without JavaScript, are refused.',
  }),
  active: z.boolean().meta({ description: 'Whether it can be booked.' }),
};

const readOnly = Object.fromEntries(
  [
    'id',
    'version',
    'url',
    'embed_code',
    'host_settings',
    'problems',
    'created_by',
    'created_at',
    'updated_at',
  ].map((name) => [name, ignored]),
);

export const pageCreateBody = z.strictObject({
  ...readOnly,
  ...own,
  slug: own.slug.optional().meta({ description: 'Default: made of the title.' }),
  description: own.description.default(null),
  hosts: own.hosts
    .optional()
    .meta({ description: 'User ids; default: the member who calls, or who made the key.' }),
  host_mode: own.host_mode
    .optional()
    .meta({ description: 'Default: `one` for one host, else `round_robin`.' }),
  duration_min: own.duration_min.default([30]),
  slot_step_min: own.slot_step_min.default(null),
  start_align_min: own.start_align_min.default(null),
  buffer_before_min: own.buffer_before_min.default(0),
  buffer_after_min: own.buffer_after_min.default(0),
  min_notice_min: own.min_notice_min.default(240),
  max_ahead_days: own.max_ahead_days.default(60),
  max_per_day: own.max_per_day.default(null),
  max_per_week: own.max_per_week.default(null),
  location_kind: own.location_kind.default('phone'),
  location_text: own.location_text.default(null),
  questions: own.questions.default([]),
  confirmation: own.confirmation.default('auto'),
  cancel_notice_min: own.cancel_notice_min.default(0),
  reminders: own.reminders.default([
    { kind: 'email', minutes_before: DAY_MIN },
    { kind: 'email', minutes_before: 60 },
  ]),
  time_zone_display: own.time_zone_display.default('visitor'),
  submit_label: own.submit_label.default('Book'),
  thanks_text: own.thanks_text.default('You will get an e-mail with the details.'),
  redirect_url: own.redirect_url.default(null),
  allowed_origins: own.allowed_origins.default([]),
  proof_of_work: own.proof_of_work.default('optional'),
  active: own.active.default(true),
});

export const pageUpdateBody = z.strictObject({ ...readOnly, ...own }).partial();

export type HostInput = z.output<typeof host>;

/** The settings of a page besides its hosts: the columns that a client can change. */
export const PAGE_SETTINGS = Object.keys(own).filter((name) => name !== 'hosts') as (keyof PageSettings)[];

export type PageSettings = Omit<
  BookingPage,
  'id' | 'version' | 'hosts' | 'created_by' | 'created_at' | 'updated_at'
>;

/** The settings of a body, without hosts and read-only fields. */
export function settingsOf(body: object): Partial<PageSettings> {
  const sent = body as Partial<PageSettings>;
  return Object.fromEntries(
    PAGE_SETTINGS.flatMap((name) => (sent[name] === undefined ? [] : [[name, sent[name]]])),
  );
}

export const pageSchema = z
  .object({
    id: z.uuid(),
    version: z.int(),
    ...own,
    slug: z.string(),
    title: z.string(),
    description: z.string().nullable(),
    hosts: z.array(z.uuid()).meta({ description: 'User ids, in order.' }),
    host_settings: z.array(
      z.object({
        user_id: z.uuid(),
        name: z.string().nullable(),
        weight: z.int(),
        schedule_id: z.uuid().nullable(),
      }),
    ),
    location_text: z.string().nullable(),
    questions: z.array(questionShape),
    reminders: z.array(z.object({ kind: z.enum(['email']), minutes_before: z.int() })),
    submit_label: z.string(),
    thanks_text: z.string(),
    url: z.url().meta({ description: 'URL of the public page.' }),
    embed_code: z.string().meta({ description: 'HTML that embeds it in a page.' }),
    problems: z
      .array(
        z.object({
          code: z.enum(['no_hosts', 'host_left', 'no_working_hours', 'calendar_unreachable']),
          user_id: z.uuid().nullable(),
          message: z.string(),
        }),
      )
      .meta({ description: 'What keeps guests from booking, or may show them wrong times.' }),
    created_by: z.string(),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'BookingPage' });

/** What a response adds to a stored page. */
export interface PageContext {
  baseUrl: string;
  workspaceSlug: string;
  problems: readonly PageProblem[];
  /** Names of hosts by user id. */
  names: ReadonlyMap<Uuid, string>;
}

/** A page as the API returns it. */
export function shownPage(
  { hosts, ...page }: BookingPage,
  { baseUrl, workspaceSlug, problems, names }: PageContext,
) {
  const url = `${baseUrl}/book/${workspaceSlug}/${page.slug}`;
  return {
    ...page,
    hosts: hosts.map(({ user_id }) => user_id),
    host_settings: hosts.map((item) => ({ ...item, name: names.get(item.user_id) ?? null })),
    url,
    embed_code: `<script src="${url}/embed.js" async></script>`,
    problems,
  };
}

/** A slug made of a title; its letters without accents. */
export function slugFrom(title: string): string {
  const slug = title
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 48)
    .replaceAll(/^-+|-+$/g, '');
  return slug === '' || RESERVED_SLUGS.has(slug) ? 'meeting' : slug;
}
