import { z } from 'zod';
import { requireChecked } from '../../account/caller-check.ts';
import { ApiError, invalid } from '../../base/errors.ts';
import { isoTime, type Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import { plainText } from '../../base/values/text.ts';
import type { Database } from '../../db/pool.ts';
import type { LaneKey } from '../../events/outbox.ts';
import type { FileStore } from '../../files/file-store.ts';
import { fileHeaders } from '../../http/file-response.ts';
import type { RecordChange } from '../../http/record-change.ts';
import { route, type Ctx, type Route } from '../../http/route.ts';
import type { HttpClient } from '../../net/http-client.ts';
import { recordId } from '../../record/fields/record.ts';
import type { PersonDirectory } from '../../record/person-directory.ts';
import type { RecordAnswer } from '../../record/record-answer.ts';
import { writerOf } from '../../record/record-create-routes.ts';
import type { RecordService } from '../../record/record-service.ts';
import type { Call } from './call-fields.ts';
import { storedRecording } from './call-recording.ts';
import type { CallInput, CallResolution } from './call.ts';
import { hasOptedOut } from './consent.ts';
import { requirePhoneOfContact } from './message-create.ts';
import { listMemberPhones, setMemberPhone } from './member-phone.ts';
import { memberOf, personWith, phoneOfContact } from './message-values.ts';
import type { OwnNumber, PhoneAccounts } from './phone-accounts.ts';
import { changeRecord } from './telephony-change.ts';

export interface CallRouteParts {
  db: Database;
  clock: Clock;
  log: Logger;
  files: FileStore;
  http: HttpClient;
  baseUrl(): string;
  recordChange: RecordChange;
  notify(lanes: LaneKey[]): void;
  accounts: PhoneAccounts;
  people: PersonDirectory;
  calls: RecordService<Call, CallInput>;
  shown: RecordAnswer<Call>;
}

const clickBody = z.strictObject({
  contact_id: recordId.optional().meta({ description: 'Who is called, at the phone of the contact.' }),
  to: plainText(100)
    .optional()
    .meta({ description: 'The number that is called; default: that of the contact.' }),
  deal_id: recordId.optional(),
  connection_id: recordId.optional(),
  from: plainText(100).optional().meta({ description: 'The number that they see; default: the first one.' }),
  agent: plainText(100)
    .optional()
    .meta({ description: 'The number that rings first; default: the phone of the member who calls.' }),
});

const phoneShape = z.object({ user_id: z.uuid(), phone: z.string() }).meta({ id: 'MemberPhone' });
const phoneBody = z.strictObject({
  phone: plainText(100).nullable().meta({ description: 'Where calls for the member ring; null: nowhere.' }),
});

/** What can be done with calls besides what all records have. */
export function callRoutes(parts: CallRouteParts): Route[] {
  return [clickRoute(parts), recordingRoute(parts), memberPhonesRoute(parts), memberPhoneRoute(parts)];
}

function clickRoute(parts: CallRouteParts): Route {
  const { calls, shown } = parts;
  return route<z.output<typeof clickBody>>({
    method: 'POST',
    path: '/api/v1/calls/click',
    scope: 'calls:write',
    tag: 'calls',
    summary: 'Call somebody',
    description:
      'Calls the member first, and connects the other person once the member has answered. The call then follows the reports of the provider. 409 if the person has opted out of calls, or if the provider refuses.',
    body: clickBody,
    answers: { 201: shown.output, 409: 'It was refused.' },
    async handle(ctx) {
      requireChecked(writerOf(ctx));
      const { workspaceId } = ctx.caller;
      const call = await plannedCall(parts, ctx);
      const writer = writerOf(ctx);
      const answer = { status: 201, body: call.plan.text };
      await calls.store.create(writer, [call.plan], answer);
      await dial(parts, workspaceId, call);
      const [record] = await shown.complete(workspaceId, [
        (await calls.store.get(workspaceId, call.plan.id))!,
      ]);
      return { status: 201, body: record!, headers: { location: `/api/v1/calls/${call.plan.id}` } };
    },
  });
}

type PlannedCall = Awaited<ReturnType<typeof plannedCall>>;

async function plannedCall(
  parts: CallRouteParts,
  { caller, body, ...ctx }: Ctx<z.output<typeof clickBody>, unknown>,
) {
  const { db, accounts, people, calls } = parts;
  const { workspaceId, actor } = caller;
  const contactId = body.contact_id ?? null;
  if (body.to === undefined && contactId !== null) requirePhoneOfContact(caller, 'A call without `to`');
  const sent = body.to ?? (await phoneOfContact(db, workspaceId, contactId));
  if (sent === null) throw invalid('to', contactId ? 'is required: the contact has no phone' : 'is required');
  const to = await accounts.international(workspaceId, sent);
  if (to === null) throw invalid('to', 'is not a possible phone number; write it with its country code');
  if (await hasOptedOut(db, workspaceId, 'call', to))
    throw new ApiError('conflict', 'They have opted out of calls; see their consent.');
  const own = await accounts.choose(workspaceId, {
    connectionId: body.connection_id ?? null,
    from: body.from ?? null,
  });
  if (!own.provider.dial)
    throw invalid('connection_id', `is of ${own.provider.kind}, which has no calls here`);
  const userId = memberOf(actor);
  const agent = await agentOf(parts, workspaceId, body.agent, userId ?? caller.makerId);
  const person =
    contactId === null ? await personWith(people, db, workspaceId, to) : { contact_id: contactId };
  const input: CallInput = {
    direction: 'out',
    from: own.number,
    to,
    user_id: userId ?? caller.makerId,
    deal_id: body.deal_id ?? null,
    ...person,
  };
  const { kind } = own.provider;
  const provider = {
    name: kind,
    connectionId: own.connectionId,
    status: 'queued',
    externalId: null,
  } as const;
  const resolved: CallResolution = { provider };
  // References are checked as for every record.
  await calls.plan({ workspaceId, actor }, { ...input, status: 'completed' }, { ...ctx, sent: input });
  const plan = calls.planEnriched({ workspaceId, actor }, input, { resolved: { ...resolved } });
  return { plan, own, agent, to };
}

async function agentOf(
  { db, accounts }: CallRouteParts,
  workspaceId: string,
  sent: string | undefined,
  userId: string | null,
): Promise<string> {
  if (sent !== undefined) {
    const number = await accounts.international(workspaceId, sent);
    if (number === null) throw invalid('agent', 'is not a possible phone number');
    return number;
  }
  const [own] = userId === null ? [] : await listMemberPhones(db, workspaceId, userId);
  if (!own) throw invalid('agent', 'is required: set your own phone number first');
  return own.phone;
}

/** Asks the provider to call. What is not known stays queued, until its reports say more. */
async function dial(
  { db, clock, log, http, baseUrl, notify, accounts, calls }: CallRouteParts,
  workspaceId: string,
  { plan, own, agent, to }: PlannedCall & { own: OwnNumber },
): Promise<void> {
  const { account, provider } = await accounts.open(workspaceId, own.connectionId);
  const request = { id: plan.id, agent, from: own.number, to };
  const outcome = await provider.dial!(account, request, { http, baseUrl: baseUrl() });
  if (outcome.outcome === 'unknown') {
    log.warn({ call: plan.id, err: outcome.error }, 'a call may have been started');
    return;
  }
  const at = isoTime(clock.now());
  const lanes = await db.transaction((trx) =>
    changeRecord(trx, calls, { workspaceId, id: plan.id }, (current): Call =>
      outcome.outcome === 'accepted'
        ? { ...current, external_id: current.external_id ?? outcome.externalId }
        : { ...current, status: 'failed', ended_at: at, duration: 0, error_text: outcome.text },
    ),
  );
  notify(lanes);
  if (outcome.outcome === 'refused') throw new ApiError('conflict', `The call was refused: ${outcome.text}`);
}

function recordingRoute(parts: CallRouteParts): Route {
  return route({
    method: 'GET',
    path: '/api/v1/calls/:id/recording',
    scope: 'calls:read',
    tag: 'calls',
    summary: 'Download the recording of a call',
    streams: 'audio/mpeg',
    answers: {
      200: z.string().meta({ format: 'binary' }).describe('The bytes.'),
      409: 'It is still being fetched from the provider.',
    },
    async handle({ caller: { workspaceId }, params }) {
      const file = await storedRecording(parts, workspaceId, params['id']!);
      // Audio does nothing in a browser but play.
      const headers = { ...fileHeaders(file), 'content-type': 'audio/mpeg' };
      return { status: 200, body: null, bytes: await parts.files.read(file), headers };
    },
  });
}

function memberPhonesRoute({ db }: CallRouteParts): Route {
  return route({
    method: 'GET',
    path: '/api/v1/member-phones',
    scope: 'calls:read',
    tag: 'calls',
    summary: 'List the phones of members',
    description: 'Where calls for them ring, and which phone rings first when they call.',
    answers: { 200: z.object({ data: z.array(phoneShape) }) },
    async handle({ caller }) {
      return { status: 200, body: { data: await listMemberPhones(db, caller.workspaceId) } };
    },
  });
}

function memberPhoneRoute({ db, accounts, recordChange }: CallRouteParts): Route {
  return route<z.output<typeof phoneBody>>({
    method: 'PUT',
    path: '/api/v1/member-phones/:id',
    scope: 'calls:write',
    tag: 'calls',
    summary: 'Set the phone of a member',
    description: 'One’s own; that of others needs the scope `workspace:manage`.',
    body: phoneBody,
    answers: { 204: 'Set.' },
    async handle(ctx) {
      const { caller, body } = ctx;
      const userId = ctx.params['id']!;
      if (caller.makerId !== userId && memberOf(caller.actor) !== userId && !caller.may('workspace:manage'))
        throw new ApiError('forbidden', 'The phone of another member needs the scope workspace:manage.');
      const [member] = await db.read(IS_MEMBER, [caller.workspaceId, userId]);
      if (!member) throw new ApiError('not_found', 'There is no member with this id.');
      const phone = body.phone === null ? null : await accounts.international(caller.workspaceId, body.phone);
      if (body.phone !== null && phone === null) throw invalid('phone', 'is not a possible phone number');
      await db.transaction(async (trx) => {
        await setMemberPhone(trx, caller.workspaceId, userId, phone);
        const entry = { action: 'member.phone_set', objectType: 'member', objectId: userId, details: {} };
        await recordChange(trx, ctx, entry, { status: 204, body: '' });
      });
      return { status: 204, body: null };
    },
  });
}

const IS_MEMBER = {
  name: 'member_phone.is-member',
  text: 'select user_id from member where workspace_id = $1 and user_id = $2',
};
