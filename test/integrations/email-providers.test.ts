import { connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { signedHeaders } from '../../src/integrations/ses/aws-signature.ts';
import { mailgunProvider } from '../../src/integrations/mailgun/mailgun-provider.ts';
import { postmarkProvider } from '../../src/integrations/postmark/postmark-provider.ts';
import { resendProvider } from '../../src/integrations/resend/resend-provider.ts';
import { sendgridProvider } from '../../src/integrations/sendgrid/sendgrid-provider.ts';
import { sesProvider } from '../../src/integrations/ses/ses-provider.ts';
import type {
  EmailProvider,
  OutgoingEmail,
  SendResult,
  SendTools,
} from '../../src/messaging/emails/email-provider.ts';
import { makeHttpClient } from '../../src/net/http-client.ts';
import { startReceiver, type Answer, type Received, type Receiver } from '../kit/receiver.ts';

const EMAIL_ID = '01976d3c-1000-7000-8000-000000000001';
const RAW = Buffer.from('From: sam@acme.example\r\nTo: ann@example.com\r\nSubject: Hi\r\n\r\nHello\r\n');
const EMAIL: OutgoingEmail = {
  id: EMAIL_ID,
  workspaceId: '01976d3c-1000-7000-8000-000000000002',
  envelope: { from: 'sam@acme.example', to: ['ann@example.com', 'cc@example.com', 'bcc@example.com'] },
  messageId: `${EMAIL_ID}@acme.example`,
  raw: RAW,
  parts: {
    from: { address: 'sam@acme.example', name: 'Sam "S" Seller' },
    to: { address: 'ann@example.com', name: null },
    cc: ['cc@example.com'],
    bcc: ['bcc@example.com'],
    replyTo: 'office@acme.example',
    subject: 'Hi',
    html: '<p>Hello</p>',
    text: 'Hello',
    headers: { 'List-Unsubscribe': '<https://crm.example/u/x>' },
    attachments: [{ name: 'a.txt', contentType: 'text/plain', bytes: Buffer.from('abc'), contentId: null }],
  },
};

interface ProviderCase {
  provider: EmailProvider;
  settings?: Record<string, unknown>;
  secrets: Record<string, string>;
  accepted: Answer;
  providerId: string | null;
  /** What is special about its request. */
  check(request: Received): void;
}

const json = (status: number, body: object, headers: Record<string, string> = {}): Answer => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
});
const bodyOf = ({ rawBody }: Received) => JSON.parse(rawBody.toString());

const CASES: Record<string, ProviderCase> = {
  ses: {
    provider: sesProvider,
    settings: { region: 'eu-west-1', configuration_set: 'crm' },
    secrets: { access_key_id: 'AKIDEXAMPLE', secret_access_key: 'secret' },
    accepted: json(200, { MessageId: 'ses-1' }),
    providerId: 'ses-1',
    check(request) {
      expect(request.url).toBe('/v2/email/outbound-emails');
      expect(request.headers.authorization).toMatch(
        /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-west-1\/ses\/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature=[0-9a-f]{64}$/,
      );
      const body = bodyOf(request);
      expect(Buffer.from(body.Content.Raw.Data, 'base64').equals(RAW)).toBe(true);
      expect(body).toMatchObject({
        Destination: {
          ToAddresses: ['ann@example.com'],
          CcAddresses: ['cc@example.com'],
          BccAddresses: ['bcc@example.com'],
        },
        ConfigurationSetName: 'crm',
        EmailTags: [{ Name: 'fairlead_id', Value: EMAIL_ID }],
      });
    },
  },
  postmark: {
    provider: postmarkProvider,
    secrets: { server_token: 'token' },
    accepted: json(200, { ErrorCode: 0, MessageID: 'pm-1', Message: 'OK' }),
    providerId: 'pm-1',
    check(request) {
      expect(request.url).toBe('/email');
      expect(request.headers['x-postmark-server-token']).toBe('token');
      expect(bodyOf(request)).toMatchObject({
        From: '"Sam S Seller" <sam@acme.example>',
        To: 'ann@example.com',
        Bcc: 'bcc@example.com',
        ReplyTo: 'office@acme.example',
        Headers: expect.arrayContaining([
          { Name: 'Message-ID', Value: `<${EMAIL.messageId}>` },
          { Name: 'X-PM-KeepID', Value: 'true' },
          { Name: 'List-Unsubscribe', Value: '<https://crm.example/u/x>' },
        ]),
        Metadata: { fairlead_id: EMAIL_ID },
        TrackOpens: false,
        TrackLinks: 'None',
        Attachments: [{ Name: 'a.txt', Content: 'YWJj', ContentType: 'text/plain' }],
      });
    },
  },
  mailgun: {
    provider: mailgunProvider,
    settings: { domain: 'mg.acme.example' },
    secrets: { api_key: 'key' },
    accepted: json(200, { id: `<${EMAIL.messageId}>`, message: 'Queued. Thank you.' }),
    providerId: EMAIL.messageId,
    check(request) {
      expect(request.url).toBe('/v3/mg.acme.example/messages.mime');
      expect(request.headers.authorization).toBe(`Basic ${Buffer.from('api:key').toString('base64')}`);
      const text = request.rawBody.toString();
      const [boundary] = text.split('\r\n', 1);
      const parts = text.split(boundary!).slice(1, -1);
      expect(parts.map((part) => /name="([^"]+)"/.exec(part)?.[1])).toEqual([
        'to',
        'to',
        'to',
        'v:fairlead_id',
        'o:tracking',
        'message',
      ]);
      expect(parts.at(-1)!.split('\r\n\r\n').slice(1).join('\r\n\r\n')).toBe(`${RAW.toString()}\r\n`);
    },
  },
  sendgrid: {
    provider: sendgridProvider,
    secrets: { api_key: 'SG.key' },
    accepted: { status: 202, headers: { 'x-message-id': 'sg-1' }, body: '' },
    providerId: 'sg-1',
    check(request) {
      expect(request.url).toBe('/v3/mail/send');
      expect(bodyOf(request)).toMatchObject({
        personalizations: [
          {
            to: [{ email: 'ann@example.com' }],
            cc: [{ email: 'cc@example.com' }],
            bcc: [{ email: 'bcc@example.com' }],
          },
        ],
        from: { email: 'sam@acme.example', name: 'Sam "S" Seller' },
        content: [
          { type: 'text/plain', value: 'Hello' },
          { type: 'text/html', value: '<p>Hello</p>' },
        ],
        headers: { 'Message-ID': `<${EMAIL.messageId}>` },
        custom_args: { fairlead_id: EMAIL_ID },
        tracking_settings: { open_tracking: { enable: false } },
      });
    },
  },
  resend: {
    provider: resendProvider,
    secrets: { api_key: 're_key' },
    accepted: json(200, { id: 'resend-1' }),
    providerId: 'resend-1',
    check(request) {
      expect(request.url).toBe('/emails');
      expect(request.headers['idempotency-key']).toBe(EMAIL_ID);
      expect(bodyOf(request)).toMatchObject({
        to: ['ann@example.com'],
        cc: ['cc@example.com'],
        bcc: ['bcc@example.com'],
        tags: [{ name: 'fairlead_id', value: EMAIL_ID }],
      });
    },
  },
};

let api: Receiver;
let marked = 0;
beforeAll(async () => {
  api = await startReceiver();
});
afterAll(() => api.close());
beforeEach(() => {
  api.received.length = 0;
  marked = 0;
});

const dial = ({ host, port }: { host: string; port: number }) =>
  new Promise<ReturnType<typeof connect>>((resolve, reject) => {
    const socket = connect(port, host, () => resolve(socket));
    socket.on('error', reject);
  });
const tools = (): SendTools => ({
  http: makeHttpClient(dial),
  dials: { dial, plainDial: dial },
  signal: new AbortController().signal,
  async beforeContent() {
    marked += 1;
  },
});
const accountOf = ({ settings = {}, secrets }: ProviderCase, url = api.url) => ({
  workspaceId: EMAIL.workspaceId,
  connectionId: '01976d3c-1000-7000-8000-000000000003',
  settings: { ...settings, base_url: url },
  secrets,
});
async function send(providerCase: ProviderCase, answer: Answer): Promise<SendResult> {
  api.answer(() => answer);
  return providerCase.provider.send(EMAIL, accountOf(providerCase), tools());
}

describe.each(Object.entries(CASES))('%s', (name, providerCase) => {
  const isIdempotent = name === 'resend';

  test('is sent the mail once, marked before, and has an id of its own for it', async () => {
    expect(await send(providerCase, providerCase.accepted)).toEqual({
      outcome: 'accepted',
      providerId: providerCase.providerId,
    });
    expect(api.received).toHaveLength(1);
    expect(marked).toBe(1);
    providerCase.check(api.received[0]!);
    // Accepted again, as after a crash.
    expect((await send(providerCase, providerCase.accepted)).outcome).toBe('accepted');
  });

  test.each<[string, Answer, SendResult['outcome']]>([
    ['429', json(429, {}, { 'retry-after': '30' }), 'deferred'],
    ['503', json(503, {}), 'deferred'],
    ['500', json(500, {}), isIdempotent ? 'deferred' : 'unknown'],
    ['502', { status: 502, body: '<html>Bad gateway</html>' }, isIdempotent ? 'deferred' : 'unknown'],
    ['401', json(401, { message: 'bad key' }), 'account_refused'],
    ['403', json(403, { message: 'bad key' }), 'account_refused'],
    ['301', { status: 301, headers: { location: 'https://evil.example/' } }, 'account_refused'],
    ['400', json(400, { message: 'bad body' }), 'failed'],
    ['413', json(413, { message: 'too large' }), 'failed'],
    ['nothing', { reset: true }, 'unknown'],
    ['204', { status: 204 }, 'unknown'],
    ['what is no HTTP', { raw: 'Accepted, thank you\r\n\r\n' }, 'unknown'],
    ['half an answer', { raw: 'HTTP/1.1 202 Accepted\r\ncontent-length: 10\r\n\r\nhalf' }, 'unknown'],
  ])('that answers %s: the mail is %s', async (_status, answer, outcome) => {
    const result = await send(providerCase, answer);
    expect(result.outcome, JSON.stringify(result)).toBe(outcome);
    expect(api.received).toHaveLength(1);
  });

  test('that says when to try again is asked then', async () => {
    const answer = json(429, {}, { 'retry-after': '30' });
    expect(await send(providerCase, answer)).toMatchObject({ outcome: 'deferred', retryAfterMs: 30_000 });
  });

  test('that cannot be reached: the mail is deferred', async () => {
    const { port, close } = await startReceiver();
    await close();
    const account = accountOf(providerCase, `http://127.0.0.1:${port}`);
    expect((await providerCase.provider.send(EMAIL, account, tools())).outcome).toBe('deferred');
  });

  test('is sent nothing where another sender has the mail', async () => {
    const lost = { ...tools(), beforeContent: () => Promise.reject(new Error('claim lost')) };
    await expect(providerCase.provider.send(EMAIL, accountOf(providerCase), lost)).rejects.toThrow(
      'claim lost',
    );
    expect(api.received).toHaveLength(0);
  });

  test('a test of the connection says whether the key works, and sends nothing', async () => {
    api.answer(() => json(401, {}));
    const result = await providerCase.provider.test!(accountOf(providerCase), tools());
    expect(result.ok).toBe(false);
    expect(api.received.map(({ method }) => method)).toEqual(['GET']);
    expect(JSON.stringify(result)).not.toMatch(/secret|SG\.key|re_key/);
  });
});

test('postmark: a page in place of an answer says nothing about the mail', async () => {
  const { outcome } = await send(CASES['postmark']!, { status: 200, body: '<html>Welcome</html>' });
  expect(outcome).toBe('unknown');
});

test('postmark: an inactive recipient is a bounce, a wrong sender a refused account', async () => {
  expect(await send(CASES['postmark']!, json(422, { ErrorCode: 406, Message: 'inactive' }))).toMatchObject({
    outcome: 'bounced',
  });
  expect(
    await send(CASES['postmark']!, json(422, { ErrorCode: 400, Message: 'no signature' })),
  ).toMatchObject({
    outcome: 'account_refused',
  });
});

test('ses: a sandbox without the address, a paused account and a spent quota are told apart', async () => {
  const error = (type: string) => json(400, { message: 'no' }, { 'x-amzn-errortype': `${type}:http://x/` });
  const outcomes = [];
  for (const type of ['MessageRejected', 'SendingPausedException', 'LimitExceededException'])
    outcomes.push((await send(CASES['ses']!, error(type))).outcome);
  expect(outcomes).toEqual(['failed', 'account_refused', 'deferred']);
});

describe('a mail without an answer', () => {
  const submitted = { id: EMAIL_ID, messageId: EMAIL.messageId, submittedAt: new Date().toISOString() };
  const lookUp = (name: string, answer: Answer, submittedAt = submitted.submittedAt) => {
    api.answer(() => answer);
    const { provider } = CASES[name]!;
    return provider.lookUp!({ ...submitted, submittedAt }, accountOf(CASES[name]!), tools());
  };

  test('is found again at Postmark and Mailgun, and stays unknown if it is not listed', async () => {
    expect(await lookUp('postmark', json(200, { TotalCount: 1, Messages: [{ MessageID: 'pm-1' }] }))).toEqual(
      {
        outcome: 'accepted',
        providerId: 'pm-1',
      },
    );
    expect(api.received[0]!.url).toContain(`metadata_fairlead_id=${EMAIL_ID}`);
    expect(await lookUp('postmark', json(200, { TotalCount: 0, Messages: [] }))).toEqual({
      outcome: 'unknown',
    });
    expect(await lookUp('mailgun', json(200, { items: [{ event: 'accepted' }] }))).toEqual({
      outcome: 'accepted',
      providerId: EMAIL.messageId,
    });
    expect(await lookUp('mailgun', json(500, {}))).toEqual({ outcome: 'unknown' });
  });

  test('is sent again to Resend, while it keeps the key', async () => {
    expect(await lookUp('resend', json(200, {}))).toEqual({ outcome: 'not_accepted' });
    expect(await lookUp('resend', json(200, {}), '2026-01-01T00:00:00.000Z')).toEqual({ outcome: 'unknown' });
  });
});

test('signatures of AWS are those of its documentation', () => {
  const headers = signedHeaders(
    {
      method: 'GET',
      url: 'https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08',
      headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
      body: '',
    },
    {
      accessKeyId: 'AKIDEXAMPLE',
      secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
      region: 'us-east-1',
      service: 'iam',
    },
    Date.UTC(2015, 7, 30, 12, 36, 0),
  );
  expect(headers['authorization']).toBe(
    'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7',
  );
});
