import { ApiError } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import type { LaneKey } from '../../events/outbox.ts';
import type { JobQueue } from '../../jobs/job-queue.ts';
import type { JobType } from '../../jobs/job.ts';
import type { PersonDirectory, PreparedPerson } from '../../record/person-directory.ts';
import type { Plan, Writer } from '../../record/record-plan.ts';
import type { RecordService } from '../../record/record-service.ts';
import { storableText } from '../inbound/parsed-email.ts';
import type { FollowUpTasks } from './follow-up-task.ts';
import { MAX_BODY, MAX_MEDIA, type Message } from './message-fields.ts';
import { findKnownSender, type KnownSender, type KnownSenderParts } from './known-sender.ts';
import { insertMedia, type NewMedia } from './message-media.ts';
import type { MessageInput, MessageResolution } from './message.ts';
import { asksToStop, optOutKeyword, type OptOutType } from './opt-out-keyword.ts';

/** Where something came in: a connection of a phone provider. */
export interface PhoneLine {
  workspaceId: Uuid;
  id: Uuid;
  kind: string;
  settings: Readonly<Record<string, unknown>>;
}

/** A message as a provider hands it over. */
export interface ReceivedMessage {
  /** The provider's id; the same for every retry. */
  externalId: string;
  from: string;
  to: string;
  channel: Message['channel'];
  body: string;
  media: readonly { url: string; contentType: string }[];
  /** What the provider itself made of it. */
  optOutType: OptOutType | null;
  /** The name of the sender in WhatsApp. */
  senderName: string | null;
}

export interface TakenMessage {
  outcome: 'accepted' | 'duplicate';
  id: Uuid;
}

export interface ReceivedMessageParts extends KnownSenderParts {
  db: Database;
  notify(lanes: LaneKey[]): void;
  jobs: JobQueue;
  baseUrl(): string;
  messages: RecordService<Message, MessageInput>;
  people: PersonDirectory;
  tasks: FollowUpTasks;
  mediaJob: JobType<{ message_id: string }>;
}

/** Creates the lead of an unknown number. @returns its id */
export type CreateLead = (number: string, name: string | null) => Promise<Uuid>;

const FIND = {
  name: 'message.find-external',
  text: `select id from message where workspace_id = $1 and connection_id = $2 and external_id = $3`,
};

/** Records a received message once, with its person and consent. */
export function makeReceivedMessages(parts: ReceivedMessageParts) {
  const { db, messages } = parts;

  return async function take(
    line: PhoneLine,
    sent: ReceivedMessage,
    createLead: CreateLead,
  ): Promise<TakenMessage> {
    const received = storable(sent);
    const { workspaceId, id: connectionId } = line;
    const { externalId, from, body } = received;
    const known = await findKnownSender(parts, { workspaceId, connectionId }, externalId, from);
    if (known.message_id !== null) return { outcome: 'duplicate', id: known.message_id };

    const keyword = received.optOutType ?? optOutKeyword(body);
    const writer: Writer = { workspaceId, actor: `door:${line.kind}` };
    const found = await personOf(parts, line, received, known, createLead);
    const person = 'plan' in found ? found : null;
    const input: MessageInput = {
      direction: 'in',
      from,
      to: received.to,
      body: body === '' ? null : body,
      connection_id: connectionId,
      external_id: externalId,
      user_id: known.user_id,
      ...(person ? {} : found),
    };
    const { media } = received;
    const resolved: MessageResolution = {
      provider: line.kind,
      mediaCount: media.length,
      channel: received.channel,
      optOutType: keyword,
    };
    const plan = messages.planEnriched(writer, input, { resolved: { ...resolved } });
    const wantsEnd = keyword === null && asksToStop(body);
    try {
      if (person === null && media.length === 0 && !wantsEnd)
        await messages.store.create(writer, [plan], { status: 200, body: '' });
      else await createWithMore(parts, writer, { plan, person, media, wantsEnd });
    } catch (error) {
      // Two requests with the same message at once.
      const [first] = await db.read<{ id: Uuid }>(FIND, [workspaceId, connectionId, externalId]);
      if (!first) throw error;
      return { outcome: 'duplicate', id: first.id };
    }
    return { outcome: 'accepted', id: plan.id };
  };
}

const MAX_ID = 255;
const MAX_NUMBER = 100;
const MAX_URL = 2_000;

/** What the columns hold: providers pass on what phones send, such as half an emoji at the end of a segment. */
function storable(received: ReceivedMessage): ReceivedMessage {
  const text = (value: string, max: number) => storableText(value.slice(0, max));
  const { externalId, from, to, body, media, senderName } = received;
  return {
    ...received,
    externalId: text(externalId, MAX_ID),
    from: text(from, MAX_NUMBER),
    to: text(to, MAX_NUMBER),
    body: text(body, MAX_BODY),
    media: media.slice(0, MAX_MEDIA).map(({ url, contentType }) => ({
      url: text(url, MAX_URL),
      contentType: text(contentType, MAX_NUMBER),
    })),
    senderName: senderName === null ? null : text(senderName, MAX_NUMBER).trim() || null,
  };
}

/** Who sent it: a contact, a lead, or a person to be created, by the setting of the connection. */
async function personOf(
  { people }: ReceivedMessageParts,
  { workspaceId, settings, kind }: PhoneLine,
  { from, senderName }: ReceivedMessage,
  { contact_id: contactId, lead_id: leadId }: KnownSender,
  createLead: CreateLead,
): Promise<PreparedPerson | { contact_id?: Uuid; lead_id?: Uuid }> {
  if (contactId !== null) return { contact_id: contactId };
  if (leadId !== null) return { lead_id: leadId };
  try {
    if (settings['create'] === 'lead') return { lead_id: await createLead(from, senderName) };
    if (settings['create'] !== 'contact') return {};
    return await people.prepare(
      { workspaceId, actor: `door:${kind}` },
      { first_name: senderName ?? from, phone: from, source: kind },
    );
  } catch (error) {
    // A sender that cannot be a person, such as a name in place of a number: the message is kept all the same.
    if (error instanceof ApiError && error.code === 'validation_error') return {};
    throw error;
  }
}

interface MessageToCreate {
  plan: Plan<Message>;
  person: PreparedPerson | null;
  media: readonly { url: string; contentType: string }[];
  wantsEnd: boolean;
}

/** With its person, its files and a task, all or none. */
async function createWithMore(
  { db, notify, jobs, baseUrl, messages, people, tasks, mediaJob }: ReceivedMessageParts,
  writer: Writer,
  { plan, person, media, wantsEnd }: MessageToCreate,
): Promise<void> {
  const { workspaceId } = writer;
  const task = wantsEnd ? tasks.prepareStopWish(workspaceId, plan.record) : null;
  const lanes = await db.transaction(async (trx) => {
    const found = person && (await people.findOrCreate(trx, person));
    const made = found ? withContact(plan, found.id) : plan;
    const files: NewMedia[] = media.map(({ url, contentType }) => ({
      content_type: contentType,
      source_url: url,
      file_id: null,
    }));
    if (files.length > 0) {
      await insertMedia(trx, { workspaceId, id: plan.id, baseUrl: baseUrl() }, files);
      await jobs.enqueue(mediaJob, { message_id: plan.id }, { workspaceId, trx });
    }
    const created = await messages.store.createWithin(trx, writer, [made]);
    const noted = task ? await task(trx, made.record.contact_id) : [];
    return [...(found?.lanes ?? []), ...created, ...noted];
  });
  notify(lanes);
}

function withContact(plan: Plan<Message>, contactId: Uuid): Plan<Message> {
  const record = { ...plan.record, contact_id: contactId };
  return { ...plan, record, text: JSON.stringify(record) };
}
