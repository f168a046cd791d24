import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  ACCOUNT_SID,
  AUTH_TOKEN,
  RECORDING,
  startFakeTwilio,
  type FakeTwilio,
} from '../../kit/fake-twilio.ts';
import { makeMember, type SignedIn } from '../../kit/member.ts';
import { startReceiver, type Receiver } from '../../kit/receiver.ts';
import { startScenario, type Scenario } from '../../kit/scenario.ts';

const OURS = '+15550100001';
const AGENT = '+15550100900';
const JANE = '+15551234567';
let s: Scenario;
let twilio: FakeTwilio;
let automatenexus: Receiver;
let urls: Record<string, string>;
let connectionId: string;
let member: SignedIn;
let jane: { id: string };

beforeAll(async () => {
  [s, twilio, automatenexus] = await Promise.all([startScenario(), startFakeTwilio(), startReceiver()]);
  member = await makeMember(s, 'member', { name: 'Sam Seller' });
  const made = await make('connections', {
    kind: 'twilio',
    name: 'Twilio',
    settings: {
      account_sid: ACCOUNT_SID,
      base_url: twilio.url,
      from: OURS,
      record: true,
      voicemail_text: 'Please leave a message, <Hangup/> & thanks.',
    },
    secrets: { auth_token: AUTH_TOKEN },
  });
  connectionId = made.id;
  urls = Object.fromEntries((made.urls as { url: string }[]).map(({ url }) => [url.split('/').at(-1)!, url]));
  jane = await make('contacts', { first_name: 'Jane', last_name: 'Doe', phone: JANE, owner_id: member.id });
  const phone = await s.ask('PUT', `/api/v1/member-phones/${member.id}`, { body: { phone: AGENT } });
  if (phone.status !== 204) throw new Error(phone.text);
  await make('webhooks', {
    name: 'AutomateNexus',
    url: automatenexus.url,
    format: 'automatenexus',
    events: ['call.completed'],
  });
});
afterAll(() => Promise.all([s.stop(), twilio.stop(), automatenexus.close()]));
beforeEach(async () => {
  twilio.script('accept');
  twilio.calls.length = 0;
  await s.newEvents();
});

async function make(plural: string, body: object) {
  const { status, json, text } = await s.ask('POST', `/api/v1/${plural}`, { body });
  expect(status, text).toBe(201);
  return json;
}

const read = async (id: string) => (await s.ask('GET', `/api/v1/calls/${id}`)).json;
let sid = 0;
const newSid = () => `CAtest${++sid}`;
const startCall = (CallSid: string, From = JANE) =>
  twilio.post(urls['voice']!, { CallSid, From, To: OURS, CallStatus: 'ringing', Direction: 'inbound' });
async function callOf(externalId: string) {
  return (await s.ask('GET', `/api/v1/calls?external_id=${externalId}`)).json.data[0];
}
/** The URL that the TwiML names for a path. */
function urlIn(text: string, path: string): string {
  return new RegExp(`"([^"]*/${path}\\?[^"]*)"`).exec(text)![1]!.replaceAll('&amp;', '&');
}

describe('SM2: a call comes in', () => {
  test('rings at the owner of the caller; call.completed once it ends, with its recording', async () => {
    const CallSid = newSid();
    const { status, type, text } = await startCall(CallSid);
    expect([status, type]).toEqual([200, 'text/xml']);
    expect(text).toContain(`>${AGENT}</Number>`);
    const child = { ParentCallSid: CallSid, CallSid: `${CallSid}child`, To: AGENT, From: JANE };
    await twilio.post(urlIn(text, 'voice-status'), { ...child, CallStatus: 'in-progress' });
    const { id } = await callOf(CallSid);
    expect(await read(id)).toMatchObject({ status: 'in_progress', contact_id: jane.id, user_id: member.id });
    await twilio.post(urlIn(text, 'voice-status'), { ...child, CallStatus: 'completed', CallDuration: '42' });
    await twilio.post(urlIn(text, 'dial-result'), {
      CallSid,
      Direction: 'inbound',
      DialCallStatus: 'completed',
      DialCallDuration: '42',
    });
    await twilio.post(urls['voice-status']!, { CallSid, CallStatus: 'completed', CallDuration: '50' });
    expect(await read(id)).toMatchObject({ status: 'completed', duration: 42, answered_by: AGENT });
    const fired = await s.newEvents();
    expect([fired[0], fired.at(-1)]).toEqual(['call.created', 'call.completed']);
    expect(fired.filter((event) => event === 'call.completed')).toHaveLength(1);

    await twilio.post(urlIn(text, 'recording'), {
      CallSid,
      RecordingUrl: `${twilio.url}/2010-04-01/Accounts/${ACCOUNT_SID}/Recordings/RE1`,
      RecordingStatus: 'completed',
      RecordingDuration: '41',
    });
    await vi.waitFor(async () => expect((await read(id)).recording_url).toContain(`/calls/${id}/recording`), {
      timeout: 10_000,
      interval: 100,
    });
    const audio = await fetch((await read(id)).recording_url, {
      headers: { authorization: `Bearer ${s.alice.key}` },
    });
    expect(audio.headers.get('content-type')).toBe('audio/mpeg');
    expect(Buffer.from(await audio.arrayBuffer())).toEqual(RECORDING);
    expect((await s.ask('GET', `/api/v1/calls/${id}/recording`, { as: s.charlie })).status).toBe(404);
  });

  test('that nobody takes goes to voicemail, and makes a task for the owner', async () => {
    const CallSid = newSid();
    const { text } = await startCall(CallSid);
    const result = await twilio.post(urlIn(text, 'dial-result'), {
      CallSid,
      Direction: 'inbound',
      DialCallStatus: 'no-answer',
    });
    expect(result.text).toContain('<Say>Please leave a message, &lt;Hangup/&gt; &amp; thanks.</Say><Record ');
    await twilio.post(urlIn(result.text, 'voicemail'), {
      CallSid,
      RecordingUrl: `${twilio.url}/2010-04-01/Accounts/${ACCOUNT_SID}/Recordings/RE2`,
      RecordingDuration: '7',
    });
    await twilio.post(urls['voice-status']!, { CallSid, CallStatus: 'completed', CallDuration: '30' });
    const call = await callOf(CallSid);
    expect(call).toMatchObject({ status: 'no_answer', is_voicemail: true, duration: 0 });
    const { json } = await s.ask('GET', `/api/v1/tasks?contact_id=${jane.id}`);
    expect(json.data).toMatchObject([{ title: `Call back ${JANE}`, assignee_id: member.id, status: 'open' }]);
    expect((await s.newEvents()).filter((type) => type === 'call.completed')).toHaveLength(1);
  });

  test('with a hostile number is still well-formed XML', async () => {
    const { text } = await startCall(newSid(), `"/><Dial>&'<x>`);
    expect(text).not.toContain('<x>');
  });

  test('that never ends is ended by what is known of it', async () => {
    const CallSid = newSid();
    await startCall(CallSid, '+15553330000');
    const { id } = await callOf(CallSid);
    await s.db.pool.query(`update call set updated_at = now() - interval '6 hours' where id = $1`, [id]);
    await s.db.pool.query(`update job set due_at = now() where type = 'call.end_stale'`);
    await vi.waitFor(async () => expect(await read(id)).toMatchObject({ status: 'no_answer' }), {
      timeout: 15_000,
      interval: 200,
    });
    expect(await s.newEvents()).toContain('call.completed');
  });
});

describe('SM2: click to call', () => {
  const click = (body: object) => member.ask('POST', '/api/v1/calls/click', { body });

  test('calls the member, then the contact; the call follows the leg of the contact', async () => {
    const { status, json, text } = await click({ contact_id: jane.id });
    expect(status, text).toBe(201);
    expect(json).toMatchObject({
      status: 'queued',
      to: JANE,
      from: OURS,
      user_id: member.id,
      contact_id: jane.id,
    });
    expect(twilio.calls).toMatchObject([{ To: AGENT, From: OURS }]);
    const { Url, StatusCallback } = twilio.calls[0]!;
    const CallSid = json.external_id;
    await twilio.post(StatusCallback!, { CallSid, CallStatus: 'in-progress' });
    expect(await read(json.id)).toMatchObject({ status: 'ringing' });
    const answered = await twilio.post(Url!, { CallSid, From: OURS, To: AGENT, CallStatus: 'in-progress' });
    expect(answered.text).toContain(`>${JANE}</Number>`);
    // The end of the member's own leg overtakes that of the other one.
    await twilio.post(StatusCallback!, { CallSid, CallStatus: 'completed', CallDuration: '12' });
    expect(await read(json.id)).toMatchObject({ status: 'ringing' });
    await twilio.post(urlIn(answered.text, 'voice-status'), {
      ParentCallSid: CallSid,
      CallSid: 'CAchild',
      CallStatus: 'busy',
      To: JANE,
    });
    expect(await read(json.id)).toMatchObject({ status: 'busy', duration: 0 });
    expect((await s.newEvents()).filter((type) => type === 'call.completed')).toHaveLength(1);
  });

  test('a refusal of Twilio is a failed call, in words', async () => {
    twilio.script(21211);
    const { status, json } = await click({ to: '+15551110000' });
    expect([status, json.error?.message ?? json.message]).toEqual([
      409,
      expect.stringContaining('not valid'),
    ]);
    expect((await s.newEvents()).at(-1)).toBe('call.completed');
  });

  test('somebody who has opted out of calls is not called', async () => {
    await s.ask('POST', '/api/v1/consents', {
      body: { channel: 'call', address: '+15552220000', status: 'opted_out' },
    });
    expect((await click({ to: '+15552220000' })).status).toBe(409);
    expect(twilio.calls).toEqual([]);
  });

  test('a connection that is not a phone, and another workspace, are refused', async () => {
    const { status } = await s.ask('POST', '/api/v1/calls/click', {
      as: s.charlie,
      body: { to: JANE, agent: AGENT, connection_id: connectionId },
    });
    expect(status).toBe(400);
  });
});

describe('SM2: by hand', () => {
  test('a call that is recorded by hand has ended: call.completed with the data of AutomateNexus’s document', async () => {
    automatenexus.received.length = 0;
    const made = await make('calls', {
      direction: 'out',
      contact_id: jane.id,
      to: JANE,
      started_at: '2026-06-01T09:00:00.000Z',
      duration_s: 90,
      disposition: 'Interested',
      user_id: member.id,
    });
    expect(made).toMatchObject({ status: 'completed', duration: 90, ended_at: '2026-06-01T09:01:30.000Z' });
    expect(await s.newEvents()).toEqual(['call.completed']);
    const [request] = await automatenexus.waitFor(1, 10_000);
    expect(JSON.parse(request!.rawBody.toString())).toMatchObject({
      event: 'call.completed',
      data: {
        id: made.id,
        from: null,
        to: JANE,
        direction: 'out',
        status: 'completed',
        duration: 90,
        recording_url: null,
        answered_by: null,
        contact_id: jane.id,
        contact_name: 'Jane Doe',
        user: { id: member.id, name: 'Sam Seller' },
        started_at: '2026-06-01T09:00:00.000Z',
        ended_at: '2026-06-01T09:01:30.000Z',
      },
    });
  });

  test('one that has not ended is refused', async () => {
    const { status } = await s.ask('POST', '/api/v1/calls', { body: { status: 'ringing' } });
    expect(status).toBe(400);
  });
});
