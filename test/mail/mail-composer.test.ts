import { describe, expect, test } from 'vitest';
import { composeMail, domainOf } from '../../src/mail/mail-composer.ts';
import { headerText, type MailMessage } from '../../src/mail/mail-message.ts';
import { redactReply } from '../../src/mail/mail-transport.ts';

const IDENTITY = {
  from: 'Acme CRM <crm@acme.example>',
  messageId: '01a21b43-9a71-71cf-a3cf-9ef4901517ee@acme.example',
  date: new Date('2026-06-01T12:00:00Z'),
};

async function composed(message: Partial<MailMessage> = {}) {
  const whole = { to: { address: 'jane@example.com' }, subject: 'Hello', text: 'Hi Jane.\n', ...message };
  const mail = await composeMail(whole, IDENTITY);
  return { ...mail, text: mail.raw.toString() };
}

test('a mail has sender, recipient, date, Message-ID and a text part', async () => {
  const { text, envelope } = await composed();
  expect(envelope).toEqual({ from: 'crm@acme.example', to: 'jane@example.com' });
  for (const line of [
    'From: Acme CRM <crm@acme.example>',
    'To: jane@example.com',
    'Subject: Hello',
    'Message-ID: <01a21b43-9a71-71cf-a3cf-9ef4901517ee@acme.example>',
    'Date: Mon, 01 Jun 2026 12:00:00 +0000',
    'MIME-Version: 1.0',
  ])
    expect(text.split('\r\n')).toContain(line);
  expect(text).toMatch(/^Content-Type: text\/plain; charset=utf-8/m);
  expect(text).not.toContain('Auto-Submitted');
});

test('a mail with HTML has the text as the alternative for programs that show none', async () => {
  const { text } = await composed({ html: '<p>Hi Jane.</p>' });
  expect(text).toMatch(/^Content-Type: multipart\/alternative;/m);
  expect(text.indexOf('text/plain')).toBeLessThan(text.indexOf('text/html'));
});

test('an automatic mail says so, and further headers are added', async () => {
  const { text } = await composed({ isAutomatic: true, headers: { 'List-ID': '<news.acme.example>' } });
  expect(text.split('\r\n')).toEqual(
    expect.arrayContaining(['Auto-Submitted: auto-generated', 'List-ID: <news.acme.example>']),
  );
});

test('a subject and a name beyond ASCII are encoded; an address beyond ASCII stays for SMTPUTF8', async () => {
  const { raw, envelope } = await composed({
    to: { address: 'jörg@bücher.example', name: 'Jörg Müller' },
    subject: 'Grüße an 株式会社',
  });
  const text = raw.toString('latin1');
  expect(text).toMatch(/^Subject: =\?UTF-8\?[QB]\?/m);
  expect(text).toContain('=?UTF-8?Q?J=C3=B6rg_M=C3=BCller?=');
  expect(envelope.to).toMatch(/^jörg@(bücher|xn--bcher-kva)\.example$/);
});

test('no line is longer than 998 octets, and all end with CRLF', async () => {
  const url = `https://crm.acme.example/invitation#token=${'x'.repeat(2_000)}`;
  const { text } = await composed({ subject: 'long '.repeat(190), text: `${url}\n${'ü'.repeat(100)}\n` });
  const lines = text.split('\r\n');
  expect(Math.max(...lines.map((line) => Buffer.byteLength(line)))).toBeLessThanOrEqual(998);
  expect(lines.filter((line) => /[\r\n]/.test(line))).toEqual([]);
  expect(text.replaceAll('=\r\n', '').replaceAll('=3D', '=')).toContain(url);
});

describe('a header cannot be injected', () => {
  const INJECTIONS: [string, Partial<MailMessage>][] = [
    ['subject', { subject: 'Hello\r\nBcc: eve@example.com' }],
    ['subject with a bare LF', { subject: 'Hello\nBcc: eve@example.com' }],
    ['subject with NUL', { subject: 'Hel\0lo' }],
    ['subject with a line separator', { subject: 'Hello\u2028Bcc: eve@example.com' }],
    ['name', { to: { address: 'jane@example.com', name: 'Jane\r\nBcc: eve@example.com' } }],
    ['address', { to: { address: 'jane@example.com\r\nBcc: eve@example.com' } }],
    ['two addresses', { to: { address: 'jane@example.com, eve@example.com' } }],
    ['name within an address', { to: { address: 'Jane <jane@example.com>' } }],
    ['reply address', { replyTo: { address: 'jane@example.com>\r\nBcc: <eve@example.com' } }],
    ['value of a header', { headers: { 'List-Id': 'a\r\nBcc: eve@example.com' } }],
    ['name of a header', { headers: { 'X-A: b\r\nBcc': 'eve@example.com' } }],
    ['header of the composer', { headers: { bcc: 'eve@example.com' } }],
    ['content type', { headers: { 'Content-Type': 'text/html' } }],
  ];
  test.each(INJECTIONS)('%s', async (_name, message) => {
    await expect(composed(message)).rejects.toMatchObject({ name: 'MailMessageError' });
  });

  test('the name of a workspace or webhook becomes one line', () => {
    expect(headerText(' Acme\r\nBcc: eve@example.com\u2028\uD800 ')).toBe('Acme Bcc: eve@example.com \uFFFD');
  });
});

test.each([
  ['Acme CRM <crm@acme.example>', 'acme.example'],
  ['crm@acme.example', 'acme.example'],
  ['"crm@old.example" <crm@bücher.example> ', 'xn--bcher-kva.example'],
  ['Fairlead <fairlead@localhost>', 'localhost'],
])('the Message-ID of a mail from %s ends with %s', (from, domain) => {
  expect(domainOf(from)).toBe(domain);
});

test('the reply of a mail server is stored without addresses, links and tokens', () => {
  const reply =
    '554 5.7.1 <jane@example.com> blocked: https://crm.acme.example/invitation#token=abc\r\n' +
    'x'.repeat(43);
  expect(redactReply(reply)).toBe('554 5.7.1 [address] blocked: [link] [token]');
  expect(redactReply('a '.repeat(500))).toHaveLength(200);
});
