import { ApiError, invalid } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import type { PersonDirectory } from '../../record/person-directory.ts';
import type { Draft, EnrichStep } from '../../record/record-service.ts';
import { hasOptedOut } from './consent.ts';
import type { PhoneAccounts } from './phone-accounts.ts';

export interface MessageValueParts {
  db: Database;
  accounts: PhoneAccounts;
  people(): PersonDirectory;
}

const CONTACT_PHONE = {
  name: 'message.contact-phone',
  text: `select phone, other_phones from contact where workspace_id = $1 and id = $2 and deleted_at is null`,
};
const LAST_WRITER = {
  name: 'message.last-writer',
  text: `select user_id from message
         where workspace_id = $1 and peer = $2 and direction = 'out' and user_id is not null
         order by id desc limit 1`,
};

/** Fills in the numbers, the connection, the person and the member of a new message. */
export function fillMessage(parts: MessageValueParts): EnrichStep {
  return async (draft) => {
    if (draft.kind !== 'create') return;
    if (draft.input['direction'] === 'in') await fillReceived(parts, draft);
    else await fillOutgoing(parts, draft);
  };
}

async function fillOutgoing(parts: MessageValueParts, draft: Draft): Promise<void> {
  const { writer, input, resolved, source } = draft;
  const { db, accounts, people } = parts;
  const { workspaceId } = writer;
  const sent = textOf(input['to']) ?? (await phoneOfContact(db, workspaceId, textOf(input['contact_id'])));
  if (sent === null)
    throw invalid('to', input['contact_id'] ? 'is required: the contact has no phone' : 'is required');
  const to = await accounts.international(workspaceId, sent);
  if (to === null) throw invalid('to', 'is not a possible phone number; write it with its country code');
  if (await hasOptedOut(db, workspaceId, 'sms', to))
    throw new ApiError('conflict', 'The recipient has opted out of messages; see their consent.');
  const chosen = await accounts.choose(workspaceId, {
    connectionId: textOf(input['connection_id']),
    from: textOf(input['from']),
  });
  Object.assign(input, { to, from: chosen.number, connection_id: chosen.connectionId });
  resolved['provider'] = chosen.provider.kind;
  resolved['mediaCount'] = mediaCountOf(source.sent);
  await fillPerson(people(), db, workspaceId, to, input);
  input['user_id'] ??= memberOf(writer.actor);
}

async function fillReceived(parts: MessageValueParts, { writer, input }: Draft): Promise<void> {
  const { db, accounts, people } = parts;
  const { workspaceId } = writer;
  const from = textOf(input['from']);
  if (from === null) throw invalid('from', 'is required');
  const number = (await accounts.international(workspaceId, from)) ?? from;
  const to = textOf(input['to']) ?? (await accounts.numbers(workspaceId))[0]?.number;
  if (to === undefined) throw invalid('to', 'is required');
  Object.assign(input, {
    from: number,
    to: (await accounts.international(workspaceId, to)) ?? to,
    connection_id: null,
  });
  await fillPerson(people(), db, workspaceId, number, input);
  input['user_id'] ??= await lastWriter(db, workspaceId, number);
}

async function fillPerson(
  people: PersonDirectory,
  db: Database,
  workspaceId: Uuid,
  phone: string,
  input: Record<string, unknown>,
): Promise<void> {
  if (input['contact_id'] || input['lead_id']) return;
  Object.assign(input, await personWith(people, db, workspaceId, phone));
}

/** The contact with a number, else the lead. */
export async function personWith(
  people: PersonDirectory,
  db: Database,
  workspaceId: Uuid,
  phone: string,
): Promise<{ contact_id?: Uuid; lead_id?: Uuid }> {
  const contact = await people.find(db.pool, 'contact', workspaceId, { phone });
  if (contact) return { contact_id: contact.id };
  const lead = await people.find(db.pool, 'lead', workspaceId, { phone });
  return lead ? { lead_id: lead.id } : {};
}

/** The member who wrote to a number last. */
export async function lastWriter(
  db: Pick<Database, 'read'>,
  workspaceId: Uuid,
  peer: string,
): Promise<Uuid | null> {
  return (await db.read<{ user_id: Uuid }>(LAST_WRITER, [workspaceId, peer]))[0]?.user_id ?? null;
}

/** The first phone of a contact; null if it has none. */
export async function phoneOfContact(
  db: Pick<Database, 'read'>,
  workspaceId: Uuid,
  contactId: string | null,
): Promise<string | null> {
  if (contactId === null) return null;
  const [row] = await db.read<{ phone: string | null; other_phones: string[] }>(CONTACT_PHONE, [
    workspaceId,
    contactId,
  ]);
  return row?.phone ?? row?.other_phones[0] ?? null;
}

/** The member who acts; null for keys. */
export function memberOf(actor: string): Uuid | null {
  return actor.startsWith('user:') ? actor.slice('user:'.length) : null;
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value : null;
}

/** How many files a request wants to send with the message. */
function mediaCountOf(sent: unknown): number {
  const { media } = (sent ?? {}) as { media?: unknown };
  return Array.isArray(media) ? media.length : 0;
}
