import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { InboundRequest } from '../../src/connections/connection-kind.ts';
import { mailgunInbound, readMailgunMail } from '../../src/integrations/mailgun/mailgun-inbound.ts';
import { readPostmarkMail } from '../../src/integrations/postmark/postmark-inbound.ts';
import { isResendMail, readResendMail } from '../../src/integrations/resend/resend-inbound.ts';
import { readSendgridMail, sendgridInbound } from '../../src/integrations/sendgrid/sendgrid-inbound.ts';
import { isSesMail, readSesMail } from '../../src/integrations/ses/ses-inbound.ts';
import type { ConnectionServices } from '../../src/integrations/integration.ts';
import type { HttpClient } from '../../src/net/http-client.ts';

const MIME = 'From: anna@far.example\r\nSubject: Hello\r\n\r\nText\r\n';
const raw = { raw: Buffer.from(MIME) };

const requestOf = (body: object, headers: Record<string, string> = {}): InboundRequest => ({
  method: 'POST',
  headers,
  url: '',
  rawBody: Buffer.from(JSON.stringify(body)),
  body,
  form: null,
  text: JSON.stringify(body),
});

describe('EM5: mails that providers received', () => {
  test('Postmark: the raw mail, where it is included; else what Postmark has parsed', () => {
    const body = {
      MessageID: '22c74902-a0c1',
      FromFull: { Email: 'anna@far.example', Name: 'Anna\0 Far' },
      ToFull: [{ Email: 'sales@acme.example', Name: '' }],
      OriginalRecipient: 'in@inbound.example',
      Subject: 'Hello',
      Date: 'Fri, 27 Nov 2026 10:00:00 +0000',
      TextBody: 'Text \u{D800}',
      Headers: [
        { Name: 'Message-ID', Value: '<one@far.example>' },
        { Name: 'In-Reply-To', Value: '<two@acme.example>' },
        { Name: 'Return-Path', Value: '<anna@far.example>' },
      ],
      Attachments: [{ Name: '../a.pdf', Content: 'aGk=', ContentType: 'application/pdf', ContentID: '' }],
    };
    const { content, envelope } = readPostmarkMail(body);
    expect(envelope).toEqual({ from: 'anna@far.example', to: ['in@inbound.example'] });
    expect(content).toMatchObject({
      parsed: {
        messageId: 'one@far.example',
        inReplyTo: 'two@acme.example',
        from: { name: 'Anna\u{FFFD} Far', address: 'anna@far.example' },
        text: 'Text \u{FFFD}',
        attachments: [{ name: '.._a.pdf', contentId: null, bytes: Buffer.from('hi') }],
      },
    });
    expect(readPostmarkMail({ ...body, RawEmail: MIME }).content).toEqual(raw);
    expect(() => readPostmarkMail({ Subject: 'no id' })).toThrow(/MessageID/);
  });

  test('Mailgun: the form of a route, signed and not old', async () => {
    const key = 'signing-key';
    const signed = (timestamp: string, token = 'token') => ({
      timestamp,
      token,
      signature: createHmac('sha256', key)
        .update(timestamp + token)
        .digest('hex'),
    });
    const now = String(Math.floor(Date.now() / 1000));
    const verify = (fields: object) =>
      mailgunInbound.verify(
        requestOf(fields),
        { settings: {}, secrets: { webhook_signing_key: key } },
        {} as ConnectionServices,
      );
    expect(await verify(signed(now))).toBeNull();
    expect(await verify({ ...signed(now), token: 'other' })).toMatch(/does not match/);
    expect(await verify({})).toMatch(/does not match/);
    expect(await verify(signed('1700000000'))).toMatch(/older/);
    const form = { recipient: 'a@in.example, b@in.example', sender: 'anna@far.example', 'body-mime': MIME };
    expect(readMailgunMail(form)).toEqual({
      content: raw,
      envelope: { from: 'anna@far.example', to: ['a@in.example', 'b@in.example'] },
    });
    expect(() => readMailgunMail({ ...form, 'body-mime': undefined })).toThrow(/mime/);
  });

  test('SendGrid: Inbound Parse with the raw mail, by the password in the URL', async () => {
    const envelope = { from: 'anna@far.example', to: ['in@parse.example'] };
    expect(readSendgridMail({ email: MIME, envelope: JSON.stringify(envelope) })).toEqual({
      content: raw,
      envelope,
    });
    expect(readSendgridMail({ email: MIME, envelope: '{broken' }).envelope).toEqual({ from: null, to: [] });
    expect(() => readSendgridMail({ text: 'parsed' })).toThrow(/raw/);
    const verify = (password: string, secrets: Record<string, string>) =>
      sendgridInbound.verify(
        requestOf({}, { authorization: `Basic ${Buffer.from(`fairlead:${password}`).toString('base64')}` }),
        { settings: {}, secrets },
        {} as ConnectionServices,
      );
    expect(await verify('right', { inbound_password: 'right' })).toBeNull();
    expect(await verify('wrong', { inbound_password: 'right' })).toMatch(/password/);
    expect(await verify('', {})).toMatch(/password/);
  });

  test('SES: the mail of the action SNS, in text or base64; none with the action S3', () => {
    const message = (encoding: string, content?: string) => ({
      notificationType: 'Received',
      content,
      mail: { source: 'anna@far.example', destination: ['sales@acme.example'] },
      receipt: { recipients: ['in@ses.example'], action: { type: 'SNS', encoding } },
    });
    expect(isSesMail(message('UTF-8', MIME))).toBe(true);
    expect(isSesMail({ notificationType: 'Bounce' })).toBe(false);
    const mail = { content: raw, envelope: { from: 'anna@far.example', to: ['in@ses.example'] } };
    expect(readSesMail(message('UTF-8', MIME))).toEqual(mail);
    expect(readSesMail(message('BASE64', Buffer.from(MIME).toString('base64')))).toEqual(mail);
    expect(readSesMail(message('UTF-8'))).toBeNull();
  });

  test('Resend: the mail is fetched by its id, and the key goes to the API alone', async () => {
    const event = { type: 'email.received', data: { email_id: '56761188-7520' } };
    expect(isResendMail(event)).toBe(true);
    expect(isResendMail({ type: 'email.received', data: { email_id: '../keys' } })).toBe(false);
    const requests: [string, string | undefined][] = [];
    const answers: Record<string, unknown> = {
      'https://api.example/emails/receiving/56761188-7520': {
        id: '56761188-7520',
        from: 'Anna <anna@far.example>',
        to: ['in@resend.example'],
        subject: 'Hello',
        message_id: '<one@far.example>',
        text: 'Text',
      },
      'https://files.example/raw': MIME,
    };
    const http: HttpClient = (url, request) => {
      requests.push([url, request?.headers?.['authorization']]);
      const answer = answers[url];
      const body = Buffer.from(typeof answer === 'string' ? answer : JSON.stringify(answer ?? null));
      return Promise.resolve({ status: answer === undefined ? 403 : 200, headers: {}, body });
    };
    const values = { settings: { base_url: 'https://api.example/' }, secrets: { api_key: 're_key' } };
    expect(await readResendMail(event, values, http)).toMatchObject({
      content: {
        parsed: { messageId: 'one@far.example', from: { name: 'Anna', address: 'anna@far.example' } },
      },
      envelope: { to: ['in@resend.example'] },
    });
    Object.assign(answers['https://api.example/emails/receiving/56761188-7520'] as object, {
      raw: { download_url: 'https://files.example/raw' },
    });
    expect(await readResendMail(event, values, http)).toMatchObject({ content: raw });
    expect(requests.at(-1)).toEqual(['https://files.example/raw', undefined]);
    const unknown = { type: 'email.received', data: { email_id: 'other' } };
    await expect(readResendMail(unknown, values, http)).rejects.toThrow(/API key/);
  });
});
