import { createHmac, createPublicKey, timingSafeEqual, verify as verifySignature } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FORMATS } from '../../src/catalogue.ts';
import { MODULE_EVENT_OBJECTS, MODULE_EVENT_TYPES } from '../../src/modules.ts';
import { makeCatalogue } from '../../src/events/event-type.ts';
import { automatenexusFormat } from '../../src/integrations/automatenexus/automatenexus-format.ts';
import { axcelerateFormat } from '../../src/integrations/axcelerate/axcelerate-format.ts';
import { axocrmFormat } from '../../src/integrations/axocrm/axocrm-format.ts';
import { standardFormat } from '../../src/integrations/standard-webhooks/standard-webhooks-format.ts';
import type { Format } from '../../src/delivery/endpoint/webhook-format.ts';
import { asForm, readForm } from '../kit/form.ts';
import { startReceiver, type Received, type Receiver } from '../kit/receiver.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';

/** A format for the suite; a new format is an entry here. */
interface Subject {
  format: Format;
  /** Further options of its webhooks. */
  options?: Record<string, unknown>;
  kind?: string;
  /** An independent verifier, written from the format's documentation. */
  verify(received: Received, secret: string): boolean;
  /** Where the body contains the event type, the time and the object. */
  eventName(body: Body): string;
  time(body: Body): string;
  record(body: Body): Record<string, unknown>;
  /** The format's name of contact.created; default: the same. */
  created?: string;
  /** Its ids are integers. */
  hasIntegerIds?: true;
  /** The part that is the same in all retries of one event. */
  identity(received: Received): string;
}

// Bodies of every shape.
// oxlint-disable-next-line typescript/no-explicit-any
type Body = any;

const SUBJECTS: Subject[] = [
  {
    format: standardFormat,
    verify: ({ rawBody, headers }, secret) => {
      try {
        new Webhook(secret).verify(rawBody.toString(), headers as Record<string, string>);
        return true;
      } catch (error) {
        // The signature was correct: only then is the body parsed, which need not be JSON.
        return error instanceof SyntaxError;
      }
    },
    eventName: (body) => body.type,
    time: (body) => body.timestamp,
    record: (body) => body.data,
    identity: ({ headers }) => String(headers['webhook-id']),
  },
  {
    // A user-supplied secret is then an Ed25519 key.
    format: { ...standardFormat, makeSecret: standardFormat.asymmetric!.makeSecret },
    kind: ' with v1a',
    options: { signature: 'v1a' },
    verify: ({ rawBody, headers }, secret) => verifiedByPublicKey(rawBody, headers, publicKeyOf(secret)),
    eventName: (body) => body.type,
    time: (body) => body.timestamp,
    record: (body) => body.data,
    identity: ({ headers }) => String(headers['webhook-id']),
  },
  {
    format: axocrmFormat,
    verify: ({ rawBody, headers }, secret) => axocrmVerify(rawBody.toString(), headers, secret),
    eventName: (body) => body.type,
    time: (body) => body.created_at,
    record: (body) => body.data.object,
    identity: ({ rawBody }) => JSON.parse(rawBody.toString()).id,
  },
  {
    format: automatenexusFormat,
    verify: ({ rawBody, headers }, secret) =>
      headers['x-automatenexus-signature'] === createHmac('sha256', secret).update(rawBody).digest('hex'),
    eventName: (body) => body.event,
    time: (body) => body.timestamp,
    record: (body) => body.data,
    // The documented body has no event id: the whole body stays the same.
    identity: ({ rawBody }) => rawBody.toString(),
  },
  ...(['axcelerate', 'fairlead'] as const).map((names): Subject => ({
    format: axcelerateFormat,
    kind: ` with the names of ${names}`,
    options: { names },
    ...(names === 'axcelerate' && { created: 'contact.contact_created', hasIntegerIds: true }),
    verify: ({ rawBody, headers }, secret) =>
      headers['ax-signature-version'] === '1' &&
      headers['ax-signature'] === createHmac('sha256', secret).update(rawBody).digest('hex'),
    eventName: (body) => body.type,
    time: (body) => body.timestamp,
    record: (body) => body.message.contact,
    identity: ({ rawBody }) => JSON.parse(rawBody.toString()).messageId,
  })),
];

/** Verifies Ed25519 over id, timestamp and body with the 32-byte public key, as Standard Webhooks specifies. */
function verifiedByPublicKey(rawBody: Buffer, headers: IncomingHttpHeaders, publicKey: Buffer): boolean {
  const x = publicKey.toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  const content = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.`;
  const signed = Buffer.concat([Buffer.from(content), rawBody]);
  return String(headers['webhook-signature'])
    .split(' ')
    .some(
      (item) =>
        item.startsWith('v1a,') && verifySignature(null, signed, key, Buffer.from(item.slice(4), 'base64')),
    );
}

/** A private key in libsodium's form ends in its public key. */
function publicKeyOf(secret: string): Buffer {
  return Buffer.from(secret.replace('whsk_', ''), 'base64').subarray(32);
}

/** The function from axoCRM's documentation. */
function axocrmVerify(rawBody: string, headers: IncomingHttpHeaders, secret: string): boolean {
  const ts = headers['x-axocrm-timestamp'];
  const sig = String(headers['x-axocrm-signature'] || '').replace('sha256=', '');
  const expected = createHmac('sha256', secret)
    .update(`${String(ts)}.${rawBody}`)
    .digest('hex');
  return sig.length === expected.length && timingSafeEqual(Buffer.from(sig), Buffer.from(expected));
}

const PERSONAL = {
  first_name: 'Wilhelmina',
  last_name: 'Featherstonehaugh',
  email: 'wilhelmina@private.example',
  phone: '+15559876543',
  notes: 'allergic to strawberries',
  job_title: 'Lighthouse keeper',
  company: 'Featherstonehaugh & Daughters',
  custom_fields: { birthday: '1970-02-03' },
};

describe.each(SUBJECTS.map((subject) => ({ kind: '', options: {}, ...subject })))(
  '$format.name$kind meets the requirements of every format',
  ({ format, options, created, hasIntegerIds, verify, eventName, time, record, identity }) => {
    let s: Scenario;
    let receiver: Receiver;
    beforeAll(async () => {
      s = await startScenario();
    });
    afterAll(() => s.stop());

    async function hook(more: Record<string, unknown> = {}) {
      receiver = await startReceiver();
      const { json, text } = await s.ask('POST', '/api/v1/webhooks', {
        body: {
          name: 'test',
          url: `${receiver.url}/hook`,
          events: ['contact.created'],
          format: format.name,
          ...options,
          ...(format.unsigned === 'by default' && { secret: format.makeSecret() }),
          ...more,
        },
      });
      expect(json.id, text).toMatch(/^wh_[0-9a-f]{32}$/);
      return json as { id: string; secret: string };
    }
    const makeContact = async () => (await s.ask('POST', '/api/v1/contacts', { body: PERSONAL })).json;
    const numberOf = async ({ id }: { id: string }) =>
      (await s.ask('GET', `/api/v1/contacts/${id}?fields=number`)).json.number;
    async function done(webhook: { id: string }) {
      await s.ask('DELETE', `/api/v1/webhooks/${webhook.id}`);
      await receiver.close();
    }

    test('a delivery is accepted by an independent verifier, and not with another secret or body', async () => {
      const webhook = await hook();
      await makeContact();
      const [received] = await receiver.waitFor(1);
      expect(verify(received!, webhook.secret)).toBe(true);
      expect(verify(received!, format.makeSecret())).toBe(false);
      expect(
        verify({ ...received!, rawBody: Buffer.from(`${received!.rawBody.toString()} `) }, webhook.secret),
      ).toBe(false);
      expect(received!.method).toBe('POST');
      expect(received!.headers['content-type']).toBe('application/json');
      await done(webhook);
    });

    test.each(['POST', 'PUT', 'PATCH'])(
      'form encoding by %s has the same content as JSON, and is signed as sent',
      async (method) => {
        const rendered = await hook();
        const jsonReceiver = receiver;
        const webhook = await hook({ method, content_type: 'application/x-www-form-urlencoded' });
        await makeContact();
        const [json] = await jsonReceiver.waitFor(1);
        const [received] = await receiver.waitFor(1);
        expect(received!.method).toBe(method);
        expect(received!.headers['content-type']).toBe('application/x-www-form-urlencoded');
        expect(verify(received!, webhook.secret)).toBe(true);
        const expected = asForm(JSON.parse(json!.rawBody.toString()));
        if (format === automatenexusFormat) Object.assign(expected as object, { webhook_id: webhook.id });
        expect(readForm(received!.rawBody.toString())).toEqual(expected);
        await done(webhook);
        receiver = jsonReceiver;
        await done(rendered);
      },
    );

    /** The status and the invalid field of a request for such a webhook. */
    const refusal = async (more: object) => {
      const body = {
        name: 'x',
        url: 'https://example.com/',
        events: ['contact.created'],
        format: format.name,
      };
      const reply = await s.ask('POST', '/api/v1/webhooks', { body: { ...body, ...more } });
      return [reply.status, reply.json.error?.fields[0].field];
    };

    test.runIf(format.unsigned === 'never')('it always signs: secret null is rejected', async () => {
      expect(await refusal({ secret: null })).toEqual([400, 'secret']);
    });

    test.runIf(format.unsigned !== 'never')('secret null means unsigned, until one is created', async () => {
      const webhook = await hook({ secret: null });
      expect(webhook).toMatchObject({ secret: null, signed: false });
      await makeContact();
      const [received] = await receiver.waitFor(1);
      expect(Object.values(received!.headers).join()).not.toMatch(/[0-9a-f]{64}/);
      const { json } = await s.ask('POST', `/api/v1/webhooks/${webhook.id}/rotate-secret`);
      expect(json.signed).toBe(true);
      await makeContact();
      const [, second] = await receiver.waitFor(2);
      expect(verify(second!, json.secret)).toBe(true);
      await done(webhook);
    });

    test('the body names the event, its time and its record', async () => {
      const webhook = await hook();
      const contact = await makeContact();
      const [received] = await receiver.waitFor(1);
      const body = JSON.parse(received!.rawBody.toString());
      expect(eventName(body)).toBe(created ?? 'contact.created');
      expect(time(body)).toBe(contact.created_at);
      expect(record(body)['id']).toBe(hasIntegerIds ? await numberOf(contact) : contact.id);
      await done(webhook);
    });

    test('summary has no personal data; full is the record', async () => {
      const quiet = await hook({ payload: 'summary' });
      await makeContact();
      const [received] = await receiver.waitFor(1);
      const text = received!.rawBody.toString();
      for (const value of Object.values(PERSONAL).flatMap((item) =>
        typeof item === 'string' ? [item] : Object.values(item),
      )) {
        expect(text).not.toContain(value);
      }
      expect(record(JSON.parse(text))).toMatchObject({
        status: 'lead',
        source: null,
        has_email: true,
        has_phone: true,
        has_company: true,
      });
      await done(quiet);

      const open = await hook({ payload: 'full' });
      const contact = await makeContact();
      const [whole] = await receiver.waitFor(1);
      const { id: _id, created_by: _by, ...fields } = contact;
      expect(record(JSON.parse(whole!.rawBody.toString()))).toMatchObject(hasIntegerIds ? fields : contact);
      await done(open);
    });

    test('a retry is the same event with a new signature', async () => {
      const webhook = await hook({ retry: { max: 1, intervals_s: [1] } });
      receiver.answer((_request, n) => ({ status: n === 1 ? 500 : 200 }));
      await makeContact();
      const [first, second] = await receiver.waitFor(2, 20_000);
      expect(identity(second!)).toBe(identity(first!));
      expect(verify(first!, webhook.secret) && verify(second!, webhook.secret)).toBe(true);
      expect(second!.rawBody.equals(first!.rawBody)).toBe(true);
      await done(webhook);
    });

    test('after a rotation the new secret signs the next attempt', async () => {
      const webhook = await hook();
      await makeContact();
      await receiver.waitFor(1);
      const { json } = await s.ask('POST', `/api/v1/webhooks/${webhook.id}/rotate-secret`);
      expect(json.secret).not.toBe(webhook.secret);
      await makeContact();
      const [, second] = await receiver.waitFor(2);
      expect(verify(second!, json.secret)).toBe(true);
      expect(verify(second!, webhook.secret)).toBe(format.rotationOverlaps);
      await done(webhook);
    });

    test('a user-supplied secret is used unchanged; an invalid one is rejected', async () => {
      const own = format.makeSecret();
      const webhook = await hook({ secret: own });
      expect(webhook.secret).toBe(own);
      await makeContact();
      const [received] = await receiver.waitFor(1);
      expect(verify(received!, own)).toBe(true);
      const refused = await s.ask('POST', '/api/v1/webhooks', {
        body: { name: 'x', url: receiver.url, events: ['*'], format: format.name, secret: 'short' },
      });
      expect(refused.json.error.fields[0].field).toBe('secret');
      expect(refused.text).not.toContain('short');
      await done(webhook);
    });

    test('410 disables the webhook if the format requires it, otherwise it is a failure', async () => {
      const webhook = await hook();
      receiver.answer(() => ({ status: 410 }));
      await makeContact();
      await receiver.waitFor(1);
      await expect
        .poll(
          async () => (await s.ask('GET', `/api/v1/webhooks/${webhook.id}/deliveries`)).json.data[0]?.state,
          { timeout: 10_000 },
        )
        .toBe(format.goneDisables ? 'failed' : 'retrying');
      const { json } = await s.ask('GET', `/api/v1/webhooks/${webhook.id}`);
      expect(json.state).toBe(format.goneDisables ? 'disabled' : 'active');
      expect(json.reason === null).toBe(!format.goneDisables);
      await done(webhook);
    });

    test('410 disables on request', async () => {
      const webhook = await hook({ disable_on_410: true });
      receiver.answer(() => ({ status: 410 }));
      await makeContact();
      await receiver.waitFor(1);
      const state = async () => (await s.ask('GET', `/api/v1/webhooks/${webhook.id}`)).json.state;
      await expect.poll(state, { timeout: 10_000 }).toBe('disabled');
      const off = await s.ask('PATCH', `/api/v1/webhooks/${webhook.id}`, { body: { disable_on_410: false } });
      expect(off.status).toBe(format.goneDisables ? 400 : 200);
      await done(webhook);
    });

    test('as many retries as the format documents, and no more', async () => {
      const webhook = await hook({ retry: { max: format.maxRetries } });
      const path = `/api/v1/webhooks/${webhook.id}`;
      const more = await s.ask('PATCH', path, { body: { retry: { max: format.maxRetries + 1 } } });
      expect(more.json.error.fields[0].field).toBe('retry.max');
      const long = await s.ask('PATCH', path, { body: { retry: { intervals_s: [604_800] } } });
      expect(long.json.error.fields[0].field).toBe('retry.intervals_s');
      const none = await s.ask('PATCH', path, { body: { retry: { max: 0 } } });
      expect(none.json.retry).toEqual({ max: 0, intervals_s: format.defaults.intervalsS });
      await done(webhook);
    });

    test.runIf(format.oneEvent)('a webhook has exactly one event type, named', async () => {
      expect(await refusal({ events: ['*'] })).toEqual([400, 'events.0']);
      expect(await refusal({ events: ['contact.created', 'contact.updated'] })).toEqual([400, 'events']);
    });

    test.runIf(!format.oneEvent)('"*" is the list of its documentation', async () => {
      const webhook = await hook({ events: ['*'] });
      const { json } = await s.ask('POST', '/api/v1/companies', { body: { name: 'Sea Ltd' } });
      await s.ask('PATCH', `/api/v1/companies/${json.id}`, { body: { industry: 'Fishing' } });
      await makeContact();
      const types = ['company.created', 'company.updated', 'contact.created'];
      const listed = types.filter((type) => format.documents(type));
      const received = await receiver.waitFor(listed.length);
      expect(received.map(({ rawBody }) => eventName(JSON.parse(rawBody.toString()))).toSorted()).toEqual(
        listed,
      );
      await done(webhook);
    });

    test('custom headers cannot replace its own; they are sent, and masked in responses', async () => {
      const webhook = await hook({ headers: { 'X-API-Key': 'custom-header-value' } });
      await makeContact();
      const [received] = await receiver.waitFor(1);
      expect(received!.headers['x-api-key']).toBe('custom-header-value');
      expect((await s.ask('GET', `/api/v1/webhooks/${webhook.id}`)).text).not.toContain(
        'custom-header-value',
      );
      for (const name of [...format.ownHeaders, 'Host', 'Content-Length', 'Transfer-Encoding']) {
        const refused = await s.ask('PATCH', `/api/v1/webhooks/${webhook.id}`, {
          body: { headers: { [name]: 'x' } },
        });
        expect(refused.status, name).toBe(400);
      }
      await done(webhook);
    });
  },
);

test('every format of the program is in this suite', () => {
  expect([...new Set(SUBJECTS.map(({ format }) => format.name))]).toEqual([...FORMATS.keys()]);
});

test('AX9: three headers, the timestamp in unix seconds, the signature sha256=<hex>', () => {
  const { headers, body } = axocrmFormat.message({
    event: {
      id: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c21',
      type: 'form.submitted',
      objectType: 'form',
      objectId: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c22',
      occurredAt: '2026-06-01T12:00:00.000Z',
      json: '{"id":"x","type":"y"}',
      data: () => ({ id: 'x', type: 'y' }),
      summary: () => ({ status: 'new' }),
      context: () => ({}),
      withIntegerIds: (record) => record,
    },
    workspaceId: 'w',
    clientNumber: 1,
    endpointId: 'e',
    payload: 'summary',
    ownNames: false,
    secrets: ['secret'],
    attemptedAt: 1780315200,
    bodyOf: (json) => json,
  });
  expect(headers).toEqual({
    'X-axoCRM-Event': 'lead_form.submitted',
    'X-axoCRM-Timestamp': '1780315200',
    'X-axoCRM-Signature': `sha256=${createHmac('sha256', 'secret').update(`1780315200.${body}`).digest('hex')}`,
  });
  expect(JSON.parse(body)).toEqual({
    id: 'evt_01976d3c2f807c4e9d0a5b1f0e3a7c21',
    type: 'lead_form.submitted',
    workspace_id: 'w',
    created_at: '2026-06-01T12:00:00.000Z',
    data: { object: { type: 'form', id: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c22', status: 'new' } },
  });
});

// A tag's name is no personal data.
const ofRecords = MODULE_EVENT_TYPES.filter(({ object }) => object !== 'tag');

test.each(ofRecords.map((type) => [type.name, type] as const))(
  'AX12: the summary of %s contains no name, address, phone, note or custom value',
  (_name, type) => {
    const summary = makeCatalogue(MODULE_EVENT_TYPES, MODULE_EVENT_OBJECTS).summary(type.object, type.sample);
    expect(Object.keys(summary).length).toBeGreaterThan(0);
    const open = new Set(['status', 'source', 'priority', 'currency', 'form_id', 'type', 'kind']);
    // When an appointment is, without whom.
    open.add('starts_at').add('ends_at');
    // What was paid, without whom.
    for (const name of ['provider', 'amount', 'amount_refunded', 'interval', 'interval_count'])
      open.add(name);
    // What became of a mail, a message or a call, without whom and what.
    const ofMessages = [
      'direction',
      'visibility',
      'bounce_kind',
      'channel',
      'segments',
      'duration',
      'started_at',
    ];
    for (const name of [...ofMessages, 'ended_at']) open.add(name);
    for (const [name, value] of Object.entries(summary)) {
      expect(open.has(name) || typeof value === 'boolean', name).toBe(true);
    }
  },
);

test('axocrm * excludes event types that its documentation does not have', () => {
  expect(axocrmFormat.documents('contact.created')).toBe(true);
  expect(axocrmFormat.documents('contact.updated')).toBe(false);
  expect(axocrmFormat.documents('lead.created')).toBe(false);
});
