import { z } from 'zod';
import type { Uuid } from '../../base/id.ts';
import { CONNECTION_STATES, stateOf } from '../../connections/connection.ts';
import type { Database } from '../../db/pool.ts';
import { route, type Route } from '../../http/route.ts';
import type { DnsRecords } from '../../net/dns-records.ts';
import { accountSettings } from '../emails/email-account.ts';
import type { MailAddresses } from './mail-address.ts';

/** A kind of connections that receives mails: a mailbox that is read, or a provider that posts them. */
export interface MailSource {
  kind: string;
  /** The path of the provider's inbound URL for mails; null for a mailbox. */
  path: string | null;
}

export interface InboundSourceParts {
  db: Database;
  mailAddresses: MailAddresses;
  mailSources: readonly MailSource[];
  dnsRecords: DnsRecords;
  baseUrl(): string;
}

const sourceShape = z
  .object({
    connection_id: z.uuid(),
    name: z.string(),
    kind: z.string(),
    url: z.string().nullable().meta({ description: 'Where the provider posts mails; null for a mailbox.' }),
    owner: z
      .uuid()
      .nullable()
      .meta({ description: 'The member whose mailbox it is (user id); null: shared.' }),
    visibility: z.enum(['team', 'private']),
    state: z.enum(CONNECTION_STATES),
    last_received_at: z.iso.datetime().nullable().meta({ description: 'When its last email was received.' }),
    last_read_at: z.iso.datetime().nullable().meta({ description: 'When the mailbox was last read.' }),
    last_error: z.string().nullable(),
    last_error_at: z.iso.datetime().nullable(),
  })
  .meta({ id: 'InboundEmailSource' });

const checkShape = z.object({ ok: z.boolean(), message: z.string() }).meta({ id: 'InboundEmailCheck' });

interface Row {
  id: Uuid;
  name: string;
  kind: string;
  settings: Record<string, unknown>;
  active: boolean;
  failing: boolean;
  last_event_at: string | null;
  last_error: string | null;
  last_error_at: string | null;
  last_received_at: string | null;
  last_read_at: string | null;
}

const LIST = {
  name: 'inbound_email.sources',
  text: `
select c.id, c.name, c.kind, c.settings, c.active, c.failing, c.last_event_at, c.last_error, c.last_error_at,
  m.synced_at as last_read_at,
  (select e.received_at from email e
   where e.workspace_id = c.workspace_id and e.connection_id = c.id::text and e.direction = 'in'
   order by e.id desc limit 1) as last_received_at
from connection c left join mailbox m on m.workspace_id = c.workspace_id and m.connection_id = c.id
where c.workspace_id = $1 and c.kind = any($2) order by c.id`,
};

/** What receives mails for a workspace, and whether it works (EM5). */
export function inboundSourceRoutes(parts: InboundSourceParts): Route[] {
  const { db, mailSources, baseUrl } = parts;
  const paths = new Map(mailSources.map(({ kind, path }) => [kind, path]));
  return [
    route({
      method: 'GET',
      path: '/api/v1/inbound-email/sources',
      scope: 'connections:read',
      tag: 'emails',
      summary: 'List the connections that receive mail',
      description: 'Mailboxes, and accounts at providers that can forward mails.',
      answers: { 200: z.object({ data: z.array(sourceShape) }) },
      async handle({ caller }) {
        const rows = await db.read<Row>(LIST, [caller.workspaceId, [...paths.keys()]]);
        return {
          status: 200,
          body: { data: rows.map((row) => shown(row, paths.get(row.kind) ?? null, baseUrl())) },
        };
      },
    }),
    route({
      method: 'POST',
      path: '/api/v1/inbound-email/check',
      scope: 'connections:read',
      tag: 'emails',
      summary: 'Check the mail domain',
      description: 'Whether the DNS says which server takes mail for it.',
      answers: { 200: checkShape },
      handle: async () => ({ status: 200, body: await checkMailDomain(parts) }),
    }),
  ];
}

function shown(
  { id, settings, active, failing, last_event_at, ...row }: Row,
  path: string | null,
  baseUrl: string,
) {
  const { owner, visibility } = accountSettings(settings);
  const { name, kind, last_received_at, last_read_at, last_error, last_error_at } = row;
  return {
    connection_id: id,
    name,
    kind,
    url: path === null ? null : `${baseUrl}/webhooks/${kind}/${id}${path === '' ? '' : `/${path}`}`,
    owner,
    visibility,
    state: stateOf({ active, failing, last_event_at }),
    last_received_at,
    last_read_at,
    last_error,
    last_error_at,
  };
}

async function checkMailDomain({ mailAddresses: { domain }, dnsRecords }: InboundSourceParts) {
  if (domain === null)
    return { ok: false, message: 'The installation has no mail domain: set FAIRLEAD_MAIL_DOMAIN.' };
  let hosts: string[];
  try {
    hosts = await dnsRecords.mx(domain);
  } catch {
    return { ok: false, message: 'No DNS server answers.' };
  }
  if (hosts.length === 0)
    return {
      ok: false,
      message: `${domain} has no MX record: add one that names the server that takes its mail.`,
    };
  return { ok: true, message: `Mail for ${domain} goes to ${hosts.slice(0, 3).join(', ')}.` };
}
