import { createHmac } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { PROJECT } from '../kit/process.ts';
import { codeBlocks, INSTALLATION, printedRequest, runnable, type PrintedRequest } from '../kit/recipe.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';

let s: Scenario;
let key: string;
let secret: string;
beforeAll(async () => {
  s = await startScenario({ FAIRLEAD_SERVICES: 'api' });
  key = (await s.person([], 'remixcrm')).key;
  const made = await s.ask('POST', '/api/v1/inbound-secrets', { body: { name: 'recipes' } });
  secret = made.json.secret;
});
afterAll(() => s.stop());
beforeEach(() => s.newEvents());

/** Replaces the placeholders of a page with the values of an installation. */
const typedIn = (printed: string) =>
  printed
    .replaceAll(INSTALLATION, s.url)
    .replaceAll('rmx_yourkey', key)
    .replaceAll('crm_yoursecret', secret)
    .replaceAll('crm_AbCdEf12', secret.slice(0, 12));

async function requestOf(page: string): Promise<PrintedRequest> {
  const [code, ...more] = await codeBlocks(page, 'http');
  expect(more).toEqual([]);
  return printedRequest(typedIn(code!));
}

/** With the printed headers, and no others. */
async function send({ url, ...request }: PrintedRequest) {
  const reply = await fetch(url, request);
  const text = await reply.text();
  return { status: reply.status, headers: reply.headers, text, json: JSON.parse(text) };
}

const leadOf = async (id: string) => (await s.ask('GET', `/api/v1/leads/${id}`)).json;
const submissionOf = async (id: string) =>
  (await s.ask('GET', `/api/v1/leads/${id}/submissions`)).json.data[0];

const JANE = { first_name: 'Jane', last_name: 'Doe', email: 'jane@example.com' };

describe('the request on each page creates the described lead', () => {
  test.each<[string, object]>([
    ['zapier.md', { source: 'Facebook Lead Ads', event_date: '2026-08-15', phone: '+15551234567' }],
    ['make.md', { source: 'Make', event_date: '2026-08-15', phone: '+15551234567' }],
    ['n8n.md', { source: 'n8n', notes: 'She asked for "the big room".\nTwice.' }],
    ['squarespace.md', { source: 'Squarespace', phone: '(555) 123-4567' }],
  ])('%s', async (page, lead) => {
    const request = await requestOf(page);
    const reply = await send(request);
    expect(reply.status, reply.text).toBe(201);
    expect(await s.newEvents()).toEqual(['lead.created']);
    expect(await leadOf(reply.json.id)).toMatchObject({ ...JANE, ...lead });
    expect((await submissionOf(reply.json.id)).payload).toEqual(JSON.parse(request.body));

    const again = await send(request);
    expect(again.headers.get('idempotent-replayed')).toBe(
      'Idempotency-Key' in request.headers ? 'true' : null,
    );
  });

  test('squarespace.md: the UTM fields of the page are stored', async () => {
    const { json } = await send(await requestOf('squarespace.md'));
    expect((await submissionOf(json.id)).utm).toEqual({ utm_source: 'newsletter' });
  });

  test('typeform.md', async () => {
    const { headers, ...request } = await requestOf('typeform.md');
    expect(headers['Typeform-Signature']).toBe('sha256=<base64 HMAC-SHA256 of the body>');
    const signature = createHmac('sha256', secret).update(request.body).digest('base64');
    const reply = await send({
      ...request,
      headers: { ...headers, 'Typeform-Signature': `sha256=${signature}` },
    });
    expect(reply.status, reply.text).toBe(200);
    expect(await s.newEvents()).toEqual(['lead.created']);
    expect(await leadOf(reply.json.id)).toMatchObject({
      ...JANE,
      phone: '+15551234567',
      event_date: '2026-08-15',
      source: 'Typeform',
      notes: 'Which room?: The big one',
    });
    expect(await submissionOf(reply.json.id)).toMatchObject({
      channel: 'typeform',
      payload: JSON.parse(request.body),
      utm: { utm_source: 'newsletter' },
    });
  });

  test('google-ads-lead-forms.md', async () => {
    const request = await requestOf('google-ads-lead-forms.md');
    const reply = await send(request);
    expect(reply.status, reply.text).toBe(200);
    expect(await s.newEvents()).toEqual(['lead.created']);
    expect(await leadOf(reply.json.id)).toMatchObject({
      ...JANE,
      phone: '+15551234567',
      source: 'Google Ads',
      notes: 'City: Oslo\nWhich room do you prefer?: The big one',
    });
    const { google_key: _key, ...kept } = JSON.parse(request.body);
    expect((await submissionOf(reply.json.id)).payload).toEqual(kept);
    const tried = { ...request, body: request.body.replace('"is_test": false', '"is_test": true') };
    expect((await send(tried)).json).toEqual({ status: 'test' });
    expect(await s.newEvents()).toEqual([]);
  });

  test('wix.md: the data that the page passes to the site’s backend arrives', async () => {
    const [backend, page] = await codeBlocks('wix.md', 'js');
    const said: string[] = [];
    const sendLead = await runnable<(form: object) => Promise<boolean>>(
      typedIn(backend!),
      {
        Permissions: { Anyone: 'Anyone' },
        webMethod: (_who: string, method: unknown) => method,
        getSecret: async (name: string) => (name === 'fairlead' ? key : ''),
        fetch,
        console: { error: (text: string) => said.push(text) },
      },
      { result: 'return sendLead;' },
    );

    // The page's form, with Wix's callbacks: first on submit, then on success.
    const handlers: { onSubmit?: (sent: object) => void; onSubmitSuccess?: () => Promise<boolean> } = {};
    const form = {
      onSubmit: (handler: (sent: object) => void) => (handlers.onSubmit = handler),
      onSubmitSuccess: (handler: () => Promise<boolean>) => (handlers.onSubmitSuccess = handler),
    };
    const $w = Object.assign(() => form, { onReady: (begin: () => void) => begin() });
    await runnable(page!, { sendLead, $w });
    const filledIn = { ...JANE, phone: '+15551234567', event_date: '2026-08-15', message: 'Indoors' };
    handlers.onSubmit!(filledIn);
    expect(await handlers.onSubmitSuccess!()).toBe(true);
    expect(await s.newEvents()).toEqual(['lead.created']);
    const { data } = (await s.ask('GET', '/api/v1/leads?source=wix')).json;
    expect(data).toMatchObject([{ ...JANE, notes: 'Indoors', source: 'Wix' }]);

    handlers.onSubmit!({ ...filledIn, phone: '' });
    expect(await handlers.onSubmitSuccess!()).toBe(false);
    expect(said).toEqual([expect.stringMatching(/^Fairlead answered 400: .*"fields":\["phone"\]/)]);
  });
});

test('every page of docs/integrations/ is linked from its index, and every page of a tool is run here', async () => {
  const pages = (await readdir(path.join(PROJECT, 'docs/integrations'))).filter(
    (item) => item !== 'README.md',
  );
  expect(pages.toSorted()).toEqual(
    [
      'calcom.md',
      'calendly.md',
      'google-ads-lead-forms.md',
      'mailgun.md',
      'make.md',
      'n8n.md',
      'paypal.md',
      'postmark.md',
      'receivers.md',
      'resend.md',
      'sendgrid.md',
      'ses.md',
      'smtp.md',
      'squarespace.md',
      'stripe.md',
      'typeform.md',
      'wix.md',
      'zapier.md',
    ].toSorted(),
  );
});
