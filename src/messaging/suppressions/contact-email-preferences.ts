import { z } from 'zod';
import { isoTime, type Clock } from '../../base/clock.ts';
import { ApiError } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import { query } from '../../db/query.ts';
import type { RecordChange } from '../../http/record-change.ts';
import { route, type Route } from '../../http/route.ts';
import type { Extension } from '../../record/extension.ts';
import type { BaseRecord } from '../../record/noun.ts';
import type { RecordService } from '../../record/record-service.ts';
import { addressHash, SUPPRESSION_REASONS } from './suppression.ts';

const PATH = '/api/v1/contacts/:id/email-preferences';

const shape = z
  .object({
    unsubscribed: z.boolean().meta({ description: 'Whether no mail is sent to one of its addresses.' }),
    reasons: z.array(z.enum(SUPPRESSION_REASONS)).meta({ description: 'Why, of all its addresses.' }),
    unsubscribed_topics: z.array(z.string()).meta({ description: 'Names of topics.' }),
    tracking: z
      .enum(['allowed', 'denied'])
      .meta({ description: '`denied`: neither opens nor clicks of mails to the contact are recorded.' }),
  })
  .meta({ id: 'EmailPreferences' });
type Preferences = z.output<typeof shape>;

const change = z.strictObject({ tracking: z.enum(['allowed', 'denied']) });

const READ = {
  name: 'contact.email-preferences',
  text: `
select c.id,
  coalesce(bool_or(s.id is not null and s.topic_id is null), false) as unsubscribed,
  coalesce(array_agg(distinct s.reason) filter (where s.topic_id is null and s.reason is not null), '{}') as reasons,
  coalesce(array_agg(distinct t.name) filter (where t.name is not null), '{}') as unsubscribed_topics,
  case when exists (select from email_tracking_denial d where d.workspace_id = $1 and d.contact_id = c.id)
    then 'denied' else 'allowed' end as tracking
from contact c
left join lateral unnest(array_append(c.other_emails, c.email)) a(address) on a.address is not null
left join suppression s on s.workspace_id = $1 and s.address_hash = ${addressHash('a.address')}
left join email_topic t on t.workspace_id = $1 and t.id = s.topic_id
where c.workspace_id = $1 and c.id = any($2::uuid[]) group by c.id`,
};
const DENY = {
  name: 'email_tracking_denial.insert',
  text: `insert into email_tracking_denial (workspace_id, id, contact_id, created_by, created_at)
         select $1, $2, $3, $4, $5 where not exists (
           select from email_tracking_denial where workspace_id = $1 and contact_id = $3)`,
};
const ALLOW = {
  name: 'email_tracking_denial.delete',
  text: 'delete from email_tracking_denial where workspace_id = $1 and contact_id = $2',
};

async function readPreferences(
  db: Database,
  workspaceId: Uuid,
  ids: readonly Uuid[],
): Promise<Map<Uuid, Preferences>> {
  const rows = await db.read<Preferences & { id: Uuid }>(READ, [workspaceId, ids]);
  return new Map(rows.map(({ id, ...preferences }) => [id, preferences]));
}

function isNotable({ unsubscribed, unsubscribed_topics: topics, tracking }: Preferences): boolean {
  return unsubscribed || topics.length > 0 || tracking === 'denied';
}

/** What a contact has chosen about mail, on the contact. */
export function emailPreferencesExtension(db: Database): Extension {
  return {
    object: 'contact',
    computedFields: {
      email_preferences: {
        label: 'Email preferences',
        description:
          'Whether the contact gets mail, and whether it is tracked; left out if it gets all mail and tracking is allowed',
        output: shape,
        isOnRequest: true,
        async valuesOf(workspaceId, records) {
          const found = await readPreferences(
            db,
            workspaceId,
            records.map(({ id }) => id),
          );
          return records.map(({ id }) => {
            const preferences = found.get(id);
            return preferences && isNotable(preferences) ? preferences : undefined;
          });
        },
      },
    },
  };
}

export interface PreferenceRouteParts {
  db: Database;
  clock: Clock;
  newId: () => Uuid;
  contacts: Pick<RecordService<BaseRecord, object>, 'store'>;
  recordChange: RecordChange;
}

/** Routes of what a contact has chosen about mail (EM2). */
export function emailPreferenceRoutes(parts: PreferenceRouteParts): Route[] {
  const { db, clock, newId, contacts, recordChange } = parts;

  /** Throws `not_found`; the id of a merged contact leads to its survivor. */
  async function contactId(workspaceId: Uuid, id: Uuid): Promise<Uuid> {
    const contact = await contacts.store.find(workspaceId, id);
    if (!contact) throw new ApiError('not_found', 'There is no contact with this id.');
    return contact.id;
  }
  const preferencesOf = async (workspaceId: Uuid, id: Uuid) =>
    (await readPreferences(db, workspaceId, [id])).get(id)!;

  return [
    route({
      method: 'GET',
      path: PATH,
      scope: 'contacts:read',
      tag: 'contacts',
      summary: 'Get the email preferences of a contact',
      answers: { 200: shape },
      async handle({ caller: { workspaceId }, params }) {
        const id = await contactId(workspaceId, params['id']!);
        return { status: 200, body: await preferencesOf(workspaceId, id) };
      },
    }),
    route<z.output<typeof change>>({
      method: 'PATCH',
      path: PATH,
      scope: 'contacts:write',
      tag: 'contacts',
      summary: 'Change the email preferences of a contact',
      description: 'Whether mails are sent is changed by the suppression list.',
      body: change,
      answers: { 200: shape },
      async handle(ctx) {
        const { workspaceId, actor } = ctx.caller;
        const id = await contactId(workspaceId, ctx.params['id']!);
        const { tracking } = ctx.body;
        const body = JSON.stringify({ ...(await preferencesOf(workspaceId, id)), tracking });
        await db.transaction(async (trx) => {
          await (tracking === 'denied'
            ? query(trx, DENY, [workspaceId, newId(), id, actor, isoTime(clock.now())])
            : query(trx, ALLOW, [workspaceId, id]));
          const entry = {
            action: 'contact.email_preferences_updated',
            objectType: 'contact',
            objectId: id,
            details: { tracking },
          };
          await recordChange(trx, ctx, entry, { status: 200, body });
        });
        return { status: 200, body };
      },
    }),
  ];
}
