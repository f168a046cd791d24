import { connect } from 'node:net';
import path from 'node:path';
import { createTransport } from 'nodemailer';
import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { readConfig } from '../../src/config.ts';
import type { MailAddresses } from '../../src/messaging/inbound/mail-address.ts';
import type { InboundEmails } from '../../src/messaging/inbound/received-email.ts';
import { makeSmtpListener, type SmtpListener } from '../../src/messaging/inbound/smtp-listener.ts';
import { silent } from '../kit/database.ts';
import { PROJECT } from '../kit/process.ts';

const WORKSPACE = '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7d31';
const addresses = {
  domain: 'in.crm.example',
  read: (address: string) =>
    Promise.resolve(address.startsWith('known') ? { kind: 'dropbox', workspaceId: WORKSPACE } : null),
} as unknown as MailAddresses;
const stored: InboundEmails = { take: () => Promise.resolve({ outcome: 'stored', id: WORKSPACE }) };

let listener: SmtpListener | undefined;
afterEach(() => listener?.stop());

async function start(inboundEmails: InboundEmails, more: object = {}) {
  const tls = (name: string) => path.join(PROJECT, 'test/kit/tls', `test-only.${name}.pem`);
  listener = makeSmtpListener({
    listen: { host: '127.0.0.1', port: 0, certFile: tls('cert'), keyFile: tls('key') },
    mailAddresses: addresses,
    inboundEmails,
    log: silent,
    clock: systemClock,
    ...more,
  });
  return (await listener.start()).port;
}

async function send(port: number, to: string | string[], options: object = { ignoreTLS: true }) {
  const transport = createTransport({ host: '127.0.0.1', port, ...options });
  try {
    await transport.sendMail({
      envelope: { from: 'anna@far.example', to },
      raw: 'Subject: Hello\r\n\r\nText',
    });
    return 250;
  } catch (error) {
    return (
      (error as { responseCode?: number; code?: string }).responseCode ?? (error as { code?: string }).code
    );
  } finally {
    transport.close();
  }
}

describe('EM5: the listener for mail', () => {
  test('encrypts where a certificate is given, and offers no sign-in', async () => {
    const port = await start(stored);
    expect(await send(port, 'known@in', { requireTLS: true, tls: { rejectUnauthorized: false } })).toBe(250);
    const signIn = { ignoreTLS: true, forceAuth: true, auth: { user: 'a', pass: 'b' } };
    expect(await send(port, 'known@in', signIn)).not.toBe(250);
  });

  test('a mail that could not be stored is sent again: 451', async () => {
    const port = await start({ take: () => Promise.reject(new Error('the database is away')) });
    expect(await send(port, 'known@in')).toBe(451);
  });

  test('who tries unknown recipients is cut off for a minute; the limits are those of one address', async () => {
    const limits = { connections: 2, mailsPerMinute: 100, refusalsPerMinute: 3 };
    const port = await start(stored, { limits });
    const many = Array.from({ length: 6 }, (_item, n) => `unknown${n}@in`);
    await send(port, many);
    expect(await send(port, 'known@in')).toBe(421);
  });

  test('too many connections of one address are refused, and places become free again', async () => {
    const limits = { connections: 1, mailsPerMinute: 100, refusalsPerMinute: 100 };
    const port = await start(stored, { limits });
    const idle = connect(port, '127.0.0.1');
    await new Promise((resolve) => idle.once('data', resolve));
    expect(await send(port, 'known@in')).toBe(421);
    idle.destroy();
    await expect.poll(() => send(port, 'known@in')).toBe(250);
  });

  test('a stop waits for the mail under way', async () => {
    let finish = () => undefined as void;
    const begun = new Promise<void>((began) => {
      listener = undefined;
      void start({
        take: () =>
          new Promise((resolve) => {
            finish = () => resolve({ outcome: 'stored', id: WORKSPACE });
            began();
          }),
      }).then((port) => (sent = send(port, 'known@in')));
    });
    let sent: Promise<unknown> | undefined;
    await begun;
    const stopped = listener!.stop();
    finish();
    expect(await sent).toBe(250);
    await stopped;
  });

  test.each([
    [{ FAIRLEAD_SMTP_LISTEN: '0.0.0.0:25' }, /FAIRLEAD_MAIL_DOMAIN must be set/],
    [{ FAIRLEAD_SMTP_LISTEN: '25', FAIRLEAD_MAIL_DOMAIN: 'in.crm.example' }, /host:port/],
    [{ FAIRLEAD_MAIL_DOMAIN: 'no domain' }, /must be a domain/],
    [{ FAIRLEAD_SMTP_TLS_CERT: 'cert.pem' }, /must be set together/],
  ])('settings: %j is refused in one line', (env, message) => {
    expect(() => readConfig(env)).toThrow(message);
  });
});
