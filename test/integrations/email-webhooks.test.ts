import { createHmac, createSign, generateKeyPairSync, randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { confirmSubscription, isSnsUrl, makeSnsVerifier } from '../../src/integrations/ses/sns-message.ts';
import { sesReports } from '../../src/integrations/ses/ses-report.ts';
import { verifyMailgun, makeUsedTokens } from '../../src/integrations/mailgun/mailgun-webhook.ts';
import { verifyPostmark } from '../../src/integrations/postmark/postmark-connection.ts';
import { verifyResend } from '../../src/integrations/resend/resend-webhook.ts';
import { verifySendgrid } from '../../src/integrations/sendgrid/sendgrid-webhook.ts';
import type { HttpClient } from '../../src/net/http-client.ts';
import { makeCertificate } from '../kit/certificate.ts';
import { insertSentEmail, type SentEmail } from '../kit/sent-email.ts';
import { startReceiver, type Receiver } from '../kit/receiver.ts';
import { startScenario, type Reply, type Scenario } from '../kit/scenario.ts';

const NOW = Date.UTC(2026, 5, 1, 12);
const nowS = () => Math.floor(Date.now() / 1000);

describe('Amazon SNS', () => {
  const TOPIC = 'arn:aws:sns:eu-west-1:123456789012:crm';
  const URL_OF_CERTIFICATE = 'https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem';
  const certificate = makeCertificate({ subject: 'sns.amazonaws.com' });
  const fetched: string[] = [];
  const http: HttpClient = (url) => {
    fetched.push(url);
    return Promise.resolve({ status: 200, headers: {}, body: Buffer.from(certificate.pem) });
  };
  type Message = Record<string, string | undefined>;

  /** Written from Amazon's documentation, apart from the verifier. */
  function signed(message: Message, version = '1', key = certificate.privateKey): Message {
    const names =
      message['Type'] === 'Notification'
        ? ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type']
        : ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'];
    let text = '';
    for (const name of names) if (message[name] !== undefined) text += `${name}\n${message[name]}\n`;
    const signature = createSign(version === '1' ? 'sha1' : 'sha256')
      .update(text)
      .sign(key, 'base64');
    return { ...message, SignatureVersion: version, Signature: signature };
  }
  const notification = (more: Message = {}): Message => ({
    Type: 'Notification',
    MessageId: 'm-1',
    TopicArn: TOPIC,
    Message: '{"notificationType":"Bounce"}',
    Timestamp: new Date(NOW).toISOString(),
    SigningCertURL: URL_OF_CERTIFICATE,
    ...more,
  });
  const confirmation = notification({
    Type: 'SubscriptionConfirmation',
    Token: 't',
    SubscribeURL: 'https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=t',
  });
  const verify = (message: Message, headers: Message = {}, now = NOW) =>
    makeSnsVerifier(() => now).verify(
      message,
      {
        'x-amz-sns-message-type': message['Type'],
        'x-amz-sns-message-id': message['MessageId'],
        ...headers,
      },
      TOPIC,
      http,
    );
  const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;

  test.each([
    ['version 1', signed(notification())],
    ['version 2', signed(notification(), '2')],
    ['a subject', signed(notification({ Subject: 'Amazon SES' }), '2')],
    ['a confirmation', signed(confirmation, '2')],
  ])('%s is verified', async (_name, message) => {
    expect(await verify(message)).toBeNull();
  });

  test.each<[string, Message, Message?, number?]>([
    ['another key', signed(notification(), '1', other)],
    ['a changed message', { ...signed(notification()), Message: '{}' }],
    ['a changed subject', { ...signed(notification()), Subject: 'new' }],
    ['version 1 called 2', { ...signed(notification()), SignatureVersion: '2' }],
    ['an unknown version', { ...signed(notification()), SignatureVersion: '3' }],
    ['another topic', signed(notification({ TopicArn: `${TOPIC}2` }))],
    ['another type in the header', signed(notification()), { 'x-amz-sns-message-type': 'Other' }],
    ['another id in the header', signed(notification()), { 'x-amz-sns-message-id': 'm-2' }],
    ['a message of yesterday', signed(notification()), {}, NOW + 86_400_000],
    ['a message of tomorrow', signed(notification()), {}, NOW - 86_400_000],
    ['no message', {}],
  ])('%s is refused', async (_name, message, headers, now) => {
    expect(await verify(message, headers, now)).toBeTypeOf('string');
  });

  test.each([
    'https://sns.us-east-1.amazonaws.com.evil.example/SimpleNotificationService-1.pem',
    'https://evil.example/sns.us-east-1.amazonaws.com/x.pem',
    'http://sns.us-east-1.amazonaws.com/x.pem',
    'https://sns.us-east-1.amazonaws.com:8443/x.pem',
    'https://sns.us-east-1.amazonaws.com@evil.example/x.pem',
    'https://user:pass@sns.us-east-1.amazonaws.com/x.pem',
    'https://sns.us-east-1.amazonaws.com/a/../b/x.pem',
    'https://sns.us-east-1.amazonaws.com/x.txt',
    'https://s3.amazonaws.com/bucket/x.pem',
    'https://sns.us-east-1.amazonaws.com.cn.evil.example/x.pem',
    'https://snsxus-east-1.amazonaws.com/x.pem',
    'file:///etc/passwd',
    'not a url',
  ])('a certificate at %s is not even fetched', async (url) => {
    fetched.length = 0;
    const problem = await verify(signed(notification({ SigningCertURL: url })));
    expect(problem).toBeTypeOf('string');
    expect(fetched).toEqual([]);
  });

  test('a subscription is confirmed at Amazon alone, and a redirect is not followed', async () => {
    const requested: string[] = [];
    const answering =
      (status: number): HttpClient =>
      (url) => {
        requested.push(url);
        return Promise.resolve({ status, headers: { location: 'http://127.0.0.1/' }, body: Buffer.from('') });
      };
    const at = (SubscribeURL: string) => ({ ...signed(confirmation), SubscribeURL }) as never;
    expect(await confirmSubscription(signed(confirmation) as never, answering(200))).toBe(true);
    expect(await confirmSubscription(signed(confirmation) as never, answering(302))).toBe(false);
    expect(requested).toHaveLength(2);
    for (const url of [
      'https://sns.us-east-1.amazonaws.com.evil.example/?Action=ConfirmSubscription',
      'http://169.254.169.254/',
      '',
    ])
      expect(await confirmSubscription(at(url), answering(200))).toBe(false);
    expect(requested).toHaveLength(2);
    expect(isSnsUrl('https://sns.cn-north-1.amazonaws.com.cn/x.pem', /\.pem$/)).toBe(true);
  });

  test('events of SES say what became of a mail', () => {
    const mail = { messageId: 'ses-1', tags: { fairlead_id: ['01976d3c-1000-7000-8000-000000000001'] } };
    const bounce = (bounceType: string, diagnosticCode: string, bounceSubType = 'General') =>
      sesReports(
        {
          eventType: 'Bounce',
          mail,
          bounce: {
            bounceType,
            bounceSubType,
            timestamp: '2026-06-01T12:00:00.000Z',
            bouncedRecipients: [{ emailAddress: 'ann@example.com', status: '', diagnosticCode }],
          },
        },
        NOW,
      );
    expect(bounce('Permanent', 'smtp; 550 5.1.1 user unknown')).toEqual([
      {
        emailId: '01976d3c-1000-7000-8000-000000000001',
        providerId: 'ses-1',
        kind: 'bounced',
        at: NOW,
        recipient: 'ann@example.com',
        bounce: { kind: 'hard', status: '5.1.1' },
        text: 'smtp; 550 5.1.1 user unknown',
      },
    ]);
    expect(bounce('Transient', 'smtp; 552 5.2.2 full')[0]!.bounce!.kind).toBe('soft');
    expect(bounce('Transient', '', 'ContentRejected')[0]!.bounce!.kind).toBe('block');
    expect(bounce('Permanent', 'smtp; 550 5.7.1 blocked by policy')[0]!.bounce!.kind).toBe('block');
    const kinds = ['Delivery', 'DeliveryDelay', 'Complaint', 'Reject', 'Open', 'Click', 'Send'].map(
      (notificationType) =>
        sesReports(
          {
            notificationType,
            mail,
            delivery: { recipients: ['ann@example.com'] },
            deliveryDelay: { delayedRecipients: [{ emailAddress: 'ann@example.com' }] },
            complaint: { complainedRecipients: [{ emailAddress: 'ann@example.com' }] },
          },
          NOW,
        ).map(({ kind }) => kind),
    );
    expect(kinds).toEqual([['delivered'], ['deferred'], ['complained'], ['failed'], [], [], []]);
    for (const body of [null, 'x', [], {}, { eventType: 'Bounce' }])
      expect(sesReports(body, NOW)).toEqual([]);
  });
});

/** Signers of the four others, as their documentation describes them. */
const SENDGRID = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const SENDGRID_KEY = SENDGRID.publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
const MAILGUN_KEY = 'mailgun-signing-key';
const POSTMARK_SECRET = 'postmark-webhook-secret';
const RESEND_SECRET = `whsec_${randomBytes(24).toString('base64')}`;

function sendgridHeaders(body: string, time = nowS(), key = SENDGRID.privateKey): Record<string, string> {
  return {
    'x-twilio-email-event-webhook-signature': createSign('sha256')
      .update(`${time}${body}`)
      .sign(key, 'base64'),
    'x-twilio-email-event-webhook-timestamp': String(time),
  };
}
function mailgunBody(
  data: object,
  { time = nowS(), token = randomBytes(25).toString('hex'), key = MAILGUN_KEY } = {},
) {
  const signature = createHmac('sha256', key).update(`${time}${token}`).digest('hex');
  return { signature: { timestamp: String(time), token, signature }, 'event-data': data };
}
function resendHeaders(body: string, time = nowS(), secret = RESEND_SECRET): Record<string, string> {
  const id = `msg_${randomBytes(8).toString('hex')}`;
  const signature = new Webhook(secret).sign(id, new Date(time * 1000), body);
  return { 'svix-id': id, 'svix-timestamp': String(time), 'svix-signature': signature };
}

describe('signatures', () => {
  const body = '[{"event":"delivered"}]';
  const rawBody = Buffer.from(body);
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const now = Date.now();

  test('SendGrid: right, wrong, old, of another key, of another kind of key', () => {
    const verify = (headers: Record<string, string>, raw: Buffer = rawBody, key = SENDGRID_KEY) =>
      verifySendgrid({ headers, rawBody: raw }, key, now);
    expect(verify(sendgridHeaders(body))).toBeNull();
    for (const [headers, raw, key] of [
      [{}],
      [sendgridHeaders(body, nowS(), other.privateKey)],
      [sendgridHeaders(body, nowS() - 3600)],
      [sendgridHeaders(body, nowS() + 3600)],
      [sendgridHeaders(body), Buffer.from(`${body} `)],
      [{ ...sendgridHeaders(body), 'x-twilio-email-event-webhook-timestamp': String(nowS() + 1) }],
      [{ ...sendgridHeaders(body), 'x-twilio-email-event-webhook-timestamp': 'x' }],
      [{ ...sendgridHeaders(body), 'x-twilio-email-event-webhook-signature': 'AAAA' }],
      [sendgridHeaders(body), rawBody, ''],
      [
        sendgridHeaders(body, nowS(), rsa.privateKey),
        rawBody,
        rsa.publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
      ],
    ] as [Record<string, string>, Buffer?, string?][])
      expect(verify(headers, raw, key)).toBeTypeOf('string');
  });

  test('Mailgun: right, wrong, old, used', () => {
    const used = makeUsedTokens(() => now);
    const verify = (value: unknown, key = MAILGUN_KEY) => verifyMailgun(value, key, used, now);
    const right = mailgunBody({ event: 'delivered' });
    expect(verify(right)).toBeNull();
    used.add(right.signature.token);
    for (const [value, key] of [
      [right],
      [mailgunBody({}, { key: 'other' })],
      [mailgunBody({}, { time: nowS() - 600 })],
      [mailgunBody({}, { time: nowS() + 600 })],
      [mailgunBody({}, { token: '' })],
      [{ signature: { ...mailgunBody({}).signature, token: 'x' } }],
      [{ signature: {} }],
      [null],
      [mailgunBody({}, { key: '' }), ''],
    ] as [unknown, string?][])
      expect(verify(value, key)).toBeTypeOf('string');
  });

  test('Postmark: by header, by password, and nothing else', () => {
    const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` });
    const verify = (headers: Record<string, string>, secret = POSTMARK_SECRET) =>
      verifyPostmark({ headers }, secret);
    expect(verify({ 'x-fairlead-secret': POSTMARK_SECRET })).toBeNull();
    expect(verify(basic(`fairlead:${POSTMARK_SECRET}`))).toBeNull();
    for (const [headers, secret] of [
      [{}],
      [{ 'x-fairlead-secret': 'x' }],
      [{ 'x-fairlead-secret': `${POSTMARK_SECRET} ` }],
      [basic(`${POSTMARK_SECRET}:x`)],
      [basic(`x:${POSTMARK_SECRET}y`)],
      [{ authorization: `Bearer ${POSTMARK_SECRET}` }],
      [{}, ''],
      [basic('x:'), ''],
    ] as [Record<string, string>, string?][])
      expect(verify(headers, secret)).toBeTypeOf('string');
  });

  test('Resend: right, wrong, old, of several, of another scheme', () => {
    const verify = (headers: Record<string, string>, raw: Buffer = rawBody, secret = RESEND_SECRET) =>
      verifyResend({ headers, rawBody: raw }, secret, now);
    const right = resendHeaders(body);
    expect(verify(right)).toBeNull();
    expect(verify({ ...right, 'svix-signature': `v1,AAAA ${right['svix-signature']}` })).toBeNull();
    for (const [headers, raw, secret] of [
      [{}],
      [resendHeaders(body, nowS(), `whsec_${randomBytes(24).toString('base64')}`)],
      [resendHeaders(body, nowS() - 600)],
      [resendHeaders(body, nowS() + 600)],
      [right, Buffer.from(`${body} `)],
      [{ ...right, 'svix-id': 'msg_2' }],
      [{ ...right, 'svix-timestamp': String(nowS() + 1) }],
      [{ ...right, 'svix-signature': right['svix-signature']!.replace('v1,', 'v1a,') }],
      [{ ...right, 'svix-signature': right['svix-signature']!.replace('v1,', '') }],
      [right, rawBody, ''],
    ] as [Record<string, string>, Buffer?, string?][])
      expect(verify(headers, raw, secret)).toBeTypeOf('string');
  });
});

describe('webhooks', () => {
  let s: Scenario;
  let receiver: Receiver;
  const accounts: Record<string, { id: string; path: string }> = {};

  const ACCOUNT = { from_email: 'sam@acme.example' };
  const CONNECTIONS = {
    postmark: { settings: ACCOUNT, secrets: { server_token: 't', webhook_secret: POSTMARK_SECRET } },
    mailgun: {
      settings: { ...ACCOUNT, domain: 'mg.acme.example' },
      secrets: { api_key: 'k', webhook_signing_key: MAILGUN_KEY },
    },
    sendgrid: { settings: ACCOUNT, secrets: { api_key: 'k', verification_key: SENDGRID_KEY } },
    resend: { settings: ACCOUNT, secrets: { api_key: 'k', webhook_secret: RESEND_SECRET } },
    ses: {
      settings: { ...ACCOUNT, region: 'eu-west-1', topic_arn: 'arn:aws:sns:eu-west-1:123456789012:crm' },
      secrets: { access_key_id: 'a', secret_access_key: 'b' },
    },
  };
  type Kind = keyof typeof CONNECTIONS;

  beforeAll(async () => {
    s = await startScenario();
    receiver = await startReceiver();
    for (const [kind, values] of Object.entries(CONNECTIONS)) {
      const connection = await made('connections', { kind, name: kind, ...values });
      accounts[kind] = { id: connection.id, path: new URL(connection.urls[0].url).pathname };
    }
    // A receiver written from AutomateNexus's document.
    await made('webhooks', { name: 'nexus', url: receiver.url, events: ['*'], format: 'automatenexus' });
  });
  afterAll(async () => {
    await receiver.close();
    await s.stop();
  });

  async function made(path: string, body: object) {
    const { status, json, text } = await s.ask('POST', `/api/v1/${path}`, { body });
    expect(status, text).toBe(201);
    return json;
  }

  const PROVIDER_ID = 'provider-1';
  const mailOf = (kind: Kind, to: string): Promise<SentEmail> =>
    insertSentEmail(s, { to, connectionId: accounts[kind]!.id, providerId: `${PROVIDER_ID}-${to}` });

  const postTo = (kind: Kind, body: string, headers: Record<string, string>): Promise<Reply> =>
    s.ask('POST', accounts[kind]!.path, { as: null, raw: body, headers });

  /** A hard bounce as each of them reports it. */
  const BOUNCES: Record<Exclude<Kind, 'ses'>, (email: SentEmail, to: string) => Promise<Reply>> = {
    postmark: (email, to) =>
      postTo(
        'postmark',
        JSON.stringify({
          RecordType: 'Bounce',
          Type: 'HardBounce',
          MessageID: `${PROVIDER_ID}-${to}`,
          Email: to,
          Details: 'smtp;550 5.1.1 user unknown',
          BouncedAt: new Date().toISOString(),
          Metadata: { fairlead_id: email.id },
        }),
        { 'x-fairlead-secret': POSTMARK_SECRET },
      ),
    mailgun: (email, to) =>
      postTo(
        'mailgun',
        JSON.stringify(
          mailgunBody({
            event: 'failed',
            severity: 'permanent',
            id: 'e1',
            timestamp: Date.now() / 1000,
            recipient: to,
            'delivery-status': { code: 550, 'enhanced-code': '5.1.1', message: '5.1.1 user unknown' },
            'user-variables': { fairlead_id: email.id },
          }),
        ),
        {},
      ),
    sendgrid(email, to) {
      const body = JSON.stringify([
        {
          event: 'bounce',
          type: 'bounce',
          email: to,
          status: '5.1.1',
          reason: '550 5.1.1 user unknown',
          timestamp: nowS(),
          sg_event_id: 'e1',
          sg_message_id: `${PROVIDER_ID}-${to}.filter0001`,
          fairlead_id: email.id,
        },
        { event: 'open', sg_machine_open: true, email: to },
        'nonsense',
      ]);
      return postTo('sendgrid', body, sendgridHeaders(body));
    },
    resend(email, to) {
      const body = JSON.stringify({
        type: 'email.bounced',
        created_at: new Date().toISOString(),
        data: {
          email_id: `${PROVIDER_ID}-${to}`,
          to: [to],
          tags: { fairlead_id: email.id },
          bounce: { type: 'Permanent', subType: 'General', message: '550 5.1.1 user unknown' },
        },
      });
      return postTo('resend', body, resendHeaders(body));
    },
  };

  test.each(Object.keys(BOUNCES) as (keyof typeof BOUNCES)[])(
    '%s: a bounce twice fires email.bounced once, and suppresses the address',
    async (kind) => {
      const to = `${kind}@example.com`;
      const email = await mailOf(kind, to);
      const first = await BOUNCES[kind](email, to);
      expect(first.status, first.text).toBe(200);
      expect(first.json).toEqual({ status: 'accepted' });
      expect((await BOUNCES[kind](email, to)).json).toEqual({ status: 'duplicate' });
      const { rows } = await s.db.pool.query(
        'select status, bounce_kind, bounce_status from email where id = $1',
        [email.id],
      );
      expect(rows).toEqual([{ status: 'bounced', bounce_kind: 'hard', bounce_status: '5.1.1' }]);
      const events = await s.db.pool.query('select type from event where object_id = $1', [email.id]);
      expect(events.rows.map(({ type }) => type)).toEqual(['email.bounced']);
      const { json } = await s.ask('GET', `/api/v1/suppressions?email=${to}`);
      expect(json.data).toMatchObject([{ email: to, reason: 'hard_bounce', email_id: email.id }]);
    },
  );

  test('a webhook without a right signature changes nothing, and its connection is of this workspace alone', async () => {
    const to = 'forged@example.com';
    const email = await mailOf('resend', to);
    const body = JSON.stringify({
      type: 'email.bounced',
      data: { email_id: `${PROVIDER_ID}-${to}`, to: [to], bounce: { type: 'Permanent' } },
    });
    for (const headers of [{}, resendHeaders(body, nowS(), `whsec_${randomBytes(24).toString('base64')}`)])
      expect((await postTo('resend', body, headers)).status).toBe(401);
    // A right signature of another account finds no mail of this one.
    const elsewhere = await BOUNCES.postmark(email, to);
    expect(elsewhere.json).toEqual({ status: 'ignored' });
    // Amazon SNS sends JSON as text/plain; without a right topic nothing is fetched.
    const sns = await postTo('ses', '{}', { 'content-type': 'text/plain; charset=UTF-8' });
    expect(sns.status).toBe(401);
    const { rows } = await s.db.pool.query('select status from email where id = $1', [email.id]);
    expect(rows).toEqual([{ status: 'sent' }]);
  });

  test('reports in any order end in one state: a complaint, a delivery and a bounce', async () => {
    const to = 'mixed@example.com';
    const email = await mailOf('postmark', to);
    const report = (type: string, more: object = {}) =>
      postTo(
        'postmark',
        JSON.stringify({
          RecordType: type,
          MessageID: `${PROVIDER_ID}-${to}`,
          Email: to,
          Recipient: to,
          ...more,
        }),
        { 'x-fairlead-secret': POSTMARK_SECRET },
      );
    await report('SpamComplaint');
    await Promise.all([report('Delivery'), report('Delivery'), report('SpamComplaint')]);
    await report('Bounce', { Type: 'SoftBounce', Details: '452 4.2.2 full' });
    await report('Delivery');
    const { rows } = await s.db.pool.query('select status from email where id = $1', [email.id]);
    expect(rows).toEqual([{ status: 'bounced' }]);
    const events = await s.db.pool.query('select type from event where object_id = $1 order by seq', [
      email.id,
    ]);
    expect(events.rows.map(({ type }) => type)).toEqual(['email.delivered', 'email.bounced']);
    const { json } = await s.ask('GET', `/api/v1/suppressions?email=${to}`);
    expect(json.data.map(({ reason }: { reason: string }) => reason)).toEqual(['complaint']);
  });

  test('five soft bounces suppress an address, if they are over seven days, and none of them was delivered', async () => {
    const to = 'soft@example.com';
    const soft = async (daysAgo: number) => {
      const email = await mailOf('postmark', to);
      const body = {
        RecordType: 'Bounce',
        Type: 'SoftBounce',
        MessageID: `${PROVIDER_ID}-${to}`,
        Email: to,
        Details: '452 4.2.2 mailbox full',
        BouncedAt: new Date(Date.now() - daysAgo * 86_400_000).toISOString(),
        Metadata: { fairlead_id: email.id },
      };
      await postTo('postmark', JSON.stringify(body), { 'x-fairlead-secret': POSTMARK_SECRET });
    };
    const listed = async () => (await s.ask('GET', `/api/v1/suppressions?email=${to}`)).json.data;
    for (const days of [5, 4, 3, 2, 1]) await soft(days);
    expect(await listed()).toEqual([]);
    await soft(8.5);
    expect(await listed()).toMatchObject([{ reason: 'hard_bounce', note: '5 soft bounces over 7 days' }]);
  });

  test("AN2: AutomateNexus's receiver gets email.opened, email.clicked and email.bounced from real actions", async () => {
    const to = 'nexus@example.com';
    const email = await mailOf('resend', to);
    const agent = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' };
    await fetch(s.url + email.pixel, { headers: agent });
    await fetch(s.url + email.links[0]!, { headers: agent, redirect: 'manual' });
    await BOUNCES.resend(email, to);
    const own = () =>
      receiver.received
        .map(
          ({ rawBody }) => JSON.parse(rawBody.toString()) as { event: string; data: Record<string, unknown> },
        )
        .filter(({ data }) => data['id'] === email.id);
    await vi.waitFor(() => expect(own()).toHaveLength(3), { timeout: 15_000, interval: 100 });
    const byType = new Map(own().map(({ event, data }) => [event, data]));
    expect(byType.get('email.opened')).toMatchObject({ to, subject: 'Offer', opens: 1, verdict: 'human' });
    expect(byType.get('email.clicked')).toMatchObject({
      to,
      clicks: 1,
      link: 'https://www.example.com/?a=1&b=2#c',
      verdict: 'human',
    });
    expect(byType.get('email.bounced')).toMatchObject({
      to,
      bounce_kind: 'hard',
      bounce_status: '5.1.1',
      bounce_reason: '550 5.1.1 user unknown',
    });
  });
});
