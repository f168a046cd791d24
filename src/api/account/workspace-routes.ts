import { z } from 'zod';
import {
  TRACKING_EVENTS,
  TRACKING_MODES,
  type WorkspaceSettings,
  type WorkspaceSettingsStore,
} from '../../account/workspace-settings.ts';
import { isCountry } from '../../base/country.ts';
import { requiredText } from '../../base/values/text.ts';
import type { RecordChange } from '../../http/record-change.ts';
import { timeZone } from '../../base/values/time-zone.ts';
import { route, type Route } from '../../http/route.ts';
import { currencyInput } from '../../record/fields/currency-code.ts';
import { ignored } from '../../record/fields/field.ts';

const RESERVED_SLUGS = new Set(['manage', 'assets']);
const SLUG = /^[a-z0-9](?:[a-z0-9-]{0,46}[a-z0-9])$/;

const texts = {
  name: { description: 'At most 100 characters.', examples: ['Acme Ltd'] },
  slug: {
    description:
      'A part of the URLs of public pages, unique in the installation. 2 to 48 of a–z, 0–9 and hyphens. A former slug still leads to the workspace.',
    examples: ['acme-ltd'],
  },
  currency: { description: 'ISO 4217: the currency of amounts without one.', examples: ['EUR'] },
  default_country: {
    description:
      'ISO 3166-1 alpha-2: the country of telephone numbers without a country code. Null: such numbers are compared by their digits.',
    examples: ['DE'],
  },
  time_zone: { description: 'A name of the IANA time zone database.', examples: ['Europe/Berlin'] },
  locale: { description: 'BCP 47: how numbers and dates are written.', examples: ['de-DE'] },
  open_tracking: {
    description:
      'When opens of emails are recorded: `never`; `on_request`, of emails that ask for it; `always`, of emails that do not say otherwise.',
  },
  click_tracking: { description: 'When clicks on links in emails are recorded, as `open_tracking`.' },
  tracking_events: {
    description:
      'Which hits fire `email.opened` and `email.clicked`, per email and link: `first_human`, the first by a person; `first_any`, the first; `every`, all.',
  },
} as const;

/** What `GET /me` and `GET /session` show of it, besides its name. */
export const workspaceFormats = {
  slug: z.string().meta(texts.slug),
  currency: z.string().meta(texts.currency),
  default_country: z.string().nullable().meta(texts.default_country),
  time_zone: z.string().meta(texts.time_zone),
  locale: z.string().meta(texts.locale),
};

const shape = z
  .object({
    id: z.uuid(),
    name: z.string().meta(texts.name),
    plan: z.string(),
    ...workspaceFormats,
    open_tracking: z.enum(TRACKING_MODES).meta(texts.open_tracking),
    click_tracking: z.enum(TRACKING_MODES).meta(texts.click_tracking),
    tracking_events: z.enum(TRACKING_EVENTS).meta(texts.tracking_events),
  })
  .meta({ id: 'Workspace' });

const change = z.strictObject({
  name: requiredText(100).optional().meta(texts.name),
  slug: z
    .string()
    .regex(SLUG, 'must be 2 to 48 of a–z, 0–9 and hyphens, without a hyphen at either end')
    .refine((slug) => !RESERVED_SLUGS.has(slug), 'is reserved')
    .optional()
    .meta(texts.slug),
  currency: currencyInput.optional().meta(texts.currency),
  default_country: z
    .string()
    .toUpperCase()
    .refine(isCountry, 'must be a country code of ISO 3166-1 alpha-2')
    .nullable()
    .optional()
    .meta(texts.default_country),
  time_zone: timeZone.optional().meta(texts.time_zone),
  locale: z
    .string()
    .max(35)
    .refine(isLocale, 'must be a BCP 47 language tag, such as de-DE')
    .transform((tag) => Intl.getCanonicalLocales(tag)[0]!)
    .optional()
    .meta(texts.locale),
  open_tracking: z.enum(TRACKING_MODES).optional().meta(texts.open_tracking),
  click_tracking: z.enum(TRACKING_MODES).optional().meta(texts.click_tracking),
  tracking_events: z.enum(TRACKING_EVENTS).optional().meta(texts.tracking_events),
  id: ignored,
  plan: ignored,
});

function isLocale(tag: string): boolean {
  try {
    return Intl.NumberFormat.supportedLocalesOf(tag).length === 1;
  } catch {
    return false;
  }
}

export interface WorkspaceRouteParts {
  workspaceSettings: WorkspaceSettingsStore;
  recordChange: RecordChange;
}

/** Routes of the caller's workspace. */
export function workspaceRoutes({ workspaceSettings, recordChange }: WorkspaceRouteParts): Route[] {
  const common = { path: '/api/v1/workspace', tag: 'workspace' } as const;
  return [
    route({
      ...common,
      method: 'GET',
      scope: null,
      summary: 'Get the workspace',
      answers: { 200: shape },
      async handle({ caller: { workspaceId: id, plan } }) {
        return { status: 200, body: { id, plan, ...(await workspaceSettings.get(id)) } };
      },
    }),
    route<z.output<typeof change>>({
      ...common,
      method: 'PATCH',
      scope: 'workspace:manage',
      summary: 'Update the workspace',
      description: 'Changes only the fields sent. Records keep the currency that they have.',
      body: change,
      answers: { 200: shape, 409: 'The slug belongs, or belonged, to another workspace.' },
      async handle(ctx) {
        const { workspaceId, plan } = ctx.caller;
        const { id: _id, plan: _plan, ...requested } = ctx.body;
        const body = (settings: WorkspaceSettings) => JSON.stringify({ id: workspaceId, plan, ...settings });
        const updated = await workspaceSettings.update(workspaceId, withoutMissing(requested), (trx, next) =>
          recordChange(
            trx,
            ctx,
            {
              action: 'workspace.updated',
              objectType: 'workspace',
              objectId: workspaceId,
              details: withoutMissing(requested),
            },
            { status: 200, body: body(next) },
          ),
        );
        return { status: 200, body: body(updated) };
      },
    }),
  ];
}

function withoutMissing<T extends object>(sent: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(sent).filter(([, value]) => value !== undefined)) as never;
}
