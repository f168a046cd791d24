import { z } from 'zod';
import { defineScopes } from '../../account/scope.ts';
import { invalid } from '../../base/errors.ts';
import { plainText, text } from '../../base/values/text.ts';
import { decodeCursor, encodeCursor, pageOf } from '../../db/page.ts';
import type { Database } from '../../db/pool.ts';
import { pageQuery, pageShape } from '../../http/paging.ts';
import type { RecordChange } from '../../http/record-change.ts';
import { route, type Route } from '../../http/route.ts';
import {
  CONSENT_CHANNELS,
  CONSENT_SOURCES,
  CONSENT_STATUSES,
  listConsents,
  setConsent,
  type Consent,
} from './consent.ts';
import type { PhoneAccounts } from './phone-accounts.ts';

export const CONSENT_SCOPES = defineScopes(
  { name: 'consents', label: 'Consents' },
  {
    'consents:manage': {
      label: 'Manage consents',
      description: 'Read and change who wants messages and calls.',
      minRole: 'manager',
    },
  },
);

const SCOPE = 'consents:manage';
const tag = 'consents';

const consentShape = z
  .object({
    channel: z.enum(CONSENT_CHANNELS),
    address: z.string().meta({ description: 'The number, as in `+491711234567`.' }),
    status: z.enum(CONSENT_STATUSES),
    source: z.enum(CONSENT_SOURCES).meta({
      description: '`keyword`: the person wrote STOP or START. `carrier`: the provider refused a message.',
    }),
    text: z.string().nullable().meta({ description: 'The words of the person, or a note.' }),
    changed_by: z.string(),
    changed_at: z.iso.datetime(),
  })
  .meta({ id: 'Consent' });

const setBody = z.strictObject({
  channel: z.enum(CONSENT_CHANNELS).default('sms'),
  address: plainText(100).meta({ description: 'The phone number.' }),
  status: z.enum(CONSENT_STATUSES),
  source: z.enum(['api', 'form', 'import']).default('api'),
  text: text(500).optional().meta({ description: 'A note, such as how they agreed.' }),
});

const listQuery = pageQuery.extend({
  channel: z.enum(CONSENT_CHANNELS).optional(),
  address: plainText(100).optional().meta({ description: 'The number of one person.' }),
  status: z.enum(CONSENT_STATUSES).optional(),
});

export interface ConsentRouteParts {
  db: Database;
  recordChange: RecordChange;
  accounts: PhoneAccounts;
}

/** Routes of the wishes of people about messages and calls. */
export function consentRoutes({ db, recordChange, accounts }: ConsentRouteParts): Route[] {
  return [
    route<undefined, z.output<typeof listQuery>>({
      method: 'GET',
      path: '/api/v1/consents',
      scope: SCOPE,
      tag,
      summary: 'List consents',
      description: 'By channel and number. A number without an entry has not said anything.',
      query: listQuery,
      answers: { 200: pageShape(consentShape) },
      async handle({ caller, query, url }) {
        const { limit, cursor, channel = null, status = null } = query;
        const after = cursor ? decodeAddress(decodeCursor(cursor, 'consents').value) : null;
        const address =
          query.address === undefined
            ? null
            : ((await accounts.international(caller.workspaceId, query.address)) ?? query.address);
        const rows = await listConsents(
          db,
          caller.workspaceId,
          { channel, address, status },
          limit + 1,
          after,
        );
        const cursorOf = (row: Consent) =>
          encodeCursor({ sort: 'consents', value: `${row.channel} ${row.address}`, id: NO_ID });
        return { status: 200, body: pageOf(rows, limit, url, cursorOf, (row) => row) };
      },
    }),
    route<z.output<typeof setBody>>({
      method: 'POST',
      path: '/api/v1/consents',
      scope: SCOPE,
      tag,
      summary: 'Set a consent',
      description:
        'Replaces what is known of the number. Messages to a number that has opted out are not sent, also those that are queued.',
      body: setBody,
      answers: { 200: consentShape },
      async handle(ctx) {
        const { caller, body } = ctx;
        const address = await accounts.international(caller.workspaceId, body.address);
        if (address === null) throw invalid('address', 'is not a possible phone number');
        const consent = await db.transaction(async (trx) => {
          const set = await setConsent(trx, caller.workspaceId, {
            channel: body.channel,
            address,
            status: body.status,
            source: body.source,
            text: body.text ?? null,
            changed_by: caller.actor,
          });
          const { channel, status, source } = set;
          const entry = {
            action: 'consent.set',
            objectType: 'consent',
            objectId: caller.workspaceId,
            details: { channel, status, source },
          };
          await recordChange(trx, ctx, entry, { status: 200, body: JSON.stringify(set) });
          return set;
        });
        return { status: 200, body: consent };
      },
    }),
  ];
}

/** Consents have no id; a cursor has one. */
const NO_ID = '00000000-0000-0000-0000-000000000000';

function decodeAddress(value: unknown): Pick<Consent, 'channel' | 'address'> {
  const [channel, address = ''] = String(value).split(' ');
  return { channel: channel as Consent['channel'], address };
}
