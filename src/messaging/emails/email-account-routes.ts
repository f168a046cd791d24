import { z } from 'zod';
import { ApiError } from '../../base/errors.ts';
import { isoTime, type Clock } from '../../base/clock.ts';
import type { Uuid } from '../../base/id.ts';
import type { Notices } from '../../account/notice.ts';
import type { Database } from '../../db/pool.ts';
import { query } from '../../db/query.ts';
import type { RecordChange } from '../../http/record-change.ts';
import { route, type Route } from '../../http/route.ts';
import type { Connections } from '../../connections/connection-store.ts';
import type { DnsRecords } from '../../net/dns-records.ts';
import { checkDomain } from './domain-check.ts';
import { accountSettings } from './email-account.ts';
import type { EmailProvider } from './email-provider.ts';
import { isCurrent, type EmailQueue } from './email-queue.ts';

export interface EmailAccountParts {
  db: Database;
  clock: Clock;
  kinds: readonly string[];
  queue: EmailQueue;
  notices: Pick<Notices, 'end'>;
  recordChange: RecordChange;
  connections: Pick<Connections, 'get'>;
  emailProviders: readonly EmailProvider[];
  dnsRecords: DnsRecords;
}

const accountShape = z
  .object({
    id: z.uuid().meta({ description: 'Connection id, for `connection_id` of an email.' }),
    name: z.string(),
    kind: z.string(),
    from_email: z.string(),
    from_name: z.string().nullable(),
    is_own: z.boolean().meta({ description: 'Whether only you send by it.' }),
    visibility: z.enum(['team', 'private']),
    active: z.boolean(),
    paused_at: z.iso
      .datetime()
      .nullable()
      .meta({ description: 'Since when nothing is sent, because the provider refused it.' }),
    pause_reason: z.string().nullable(),
    sent_today: z.int().meta({ description: 'In the present window of 24 hours.' }),
    daily_limit: z.int().nullable(),
    queued: z.int().meta({ description: 'Emails that wait, at most 1,000.' }),
  })
  .meta({ id: 'EmailAccount' });

const domainShape = z
  .object({
    domain: z.string(),
    records: z.array(
      z.object({
        kind: z.enum(['spf', 'dkim', 'dmarc', 'mx']),
        state: z.enum(['ok', 'missing', 'wrong', 'unknown']),
        name: z.string().meta({ description: 'Name of the record.' }),
        type: z.enum(['TXT', 'MX', 'CNAME']),
        found: z.string().nullable(),
        expected: z.string().nullable().meta({ description: 'The record to add, or to change it to.' }),
        message: z.string(),
      }),
    ),
  })
  .meta({ id: 'EmailDomain' });

const dnsQuery = z.strictObject({
  selector: z
    .string()
    .regex(/^[\w-]{1,63}(\.[\w-]{1,63})*$/, 'must be a DKIM selector')
    .optional()
    .meta({ description: 'DKIM selector, as in `s1` of `s1._domainkey.example.com`.' }),
});

interface Row {
  id: Uuid;
  name: string;
  kind: string;
  settings: Record<string, unknown>;
  active: boolean;
  paused_at: string | null;
  pause_reason: string | null;
  sent_today: number;
  queued: number;
}

const LIST = {
  name: 'email_account.list',
  text: `
select c.id, c.name, c.kind, c.settings, c.active, a.paused_at, a.pause_reason,
  case when ${isCurrent('day')} then a.day_count else 0 end as sent_today,
  (select count(*)::int from (select from email_send m
    where m.workspace_id = c.workspace_id and m.connection_id = c.id and m.state = 'queued' limit 1000) q) as queued
from connection c left join email_account a on a.workspace_id = c.workspace_id and a.connection_id = c.id
where c.workspace_id = $1 and c.kind = any($2) order by c.id`,
};
const RESUME = {
  name: 'email_account.resume',
  text: `update email_account set paused_at = null, pause_reason = null
         where workspace_id = $1 and connection_id = $2 and paused_at is not null returning connection_id`,
};

/** The accounts that a member can send by, and what has become of them. */
export function emailAccountRoutes(parts: EmailAccountParts): Route[] {
  const { db, clock, kinds, queue, notices, recordChange } = parts;
  return [
    route({
      method: 'GET',
      path: '/api/v1/email-accounts',
      scope: 'emails:send',
      tag: 'emails',
      summary: 'List the accounts that you can send by',
      description:
        'Connections that send emails: shared ones and your own. They are made by `POST /connections`.',
      answers: { 200: z.object({ data: z.array(accountShape) }) },
      async handle({ caller }) {
        const rows = await db.read<Row>(LIST, [caller.workspaceId, kinds]);
        const data = rows.flatMap(({ settings, ...row }) => {
          const { fromEmail, fromName, owner, visibility } = accountSettings(settings);
          if (owner !== null && owner !== caller.makerId) return [];
          return [
            {
              ...row,
              from_email: fromEmail,
              from_name: fromName,
              is_own: owner !== null,
              visibility,
              daily_limit: (settings['daily_limit'] as number | undefined) ?? null,
            },
          ];
        });
        return { status: 200, body: { data } };
      },
    }),
    dnsRoute(parts),
    route({
      method: 'POST',
      path: '/api/v1/email-accounts/:id/resume',
      scope: 'connections:manage',
      tag: 'emails',
      summary: 'Resume a paused account',
      description: 'Sends what waits. 409 if it is not paused.',
      answers: { 204: 'Resumed.' },
      async handle(ctx) {
        const { caller, params } = ctx;
        await db.transaction(async (trx) => {
          const resumed = await query(trx, RESUME, [caller.workspaceId, params['id']]);
          if (resumed.length === 0) throw new ApiError('conflict', 'No paused account has this id.');
          await notices.end(trx, caller.workspaceId, params['id']!, isoTime(clock.now()));
          const entry = {
            action: 'email_account.resumed',
            objectType: 'connection',
            objectId: params['id']!,
            details: {},
          };
          await recordChange(trx, ctx, entry, { status: 204, body: '' });
        });
        queue.notify();
        return { status: 204, body: null };
      },
    }),
  ];
}

/** What the sender's domain lacks in its DNS. */
function dnsRoute({ connections, kinds, emailProviders, dnsRecords }: EmailAccountParts): Route {
  return route<undefined, z.output<typeof dnsQuery>>({
    method: 'GET',
    path: '/api/v1/connections/:id/dns',
    scope: 'connections:read',
    tag: 'emails',
    summary: "Check the DNS records of an account's domain",
    description: 'SPF, DKIM, DMARC and MX of the domain of `from_email`, with the exact record to add.',
    query: dnsQuery,
    answers: { 200: domainShape, 404: 'No email account with this id.' },
    async handle({ caller, params, query: { selector } }) {
      const { kind, settings } = await connections.get(caller.workspaceId, params['id']!);
      if (!kinds.includes(kind)) throw new ApiError('not_found', 'No email account has this id.');
      const { fromEmail } = accountSettings(settings);
      const provider = emailProviders.find((item) => item.kind === kind);
      const dns = provider?.dns?.({ settings, secrets: {} }) ?? { spfInclude: null, dkimSelectors: [] };
      return {
        status: 200,
        body: {
          domain: fromEmail.slice(fromEmail.lastIndexOf('@') + 1),
          records: await checkDomain(dnsRecords, fromEmail, dns, selector ?? null),
        },
      };
    },
  });
}
