import { Client } from 'pg';
import { afterEach, expect, test } from 'vitest';
import { blankDatabase } from '../kit/database.ts';
import { startMailServer, type MailServer } from '../kit/mail-server.ts';
import { makeInstallation, until, type Server } from '../kit/process.ts';

/** What a test made, undone in reverse. */
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const undo of cleanups.splice(0).reverse()) await undo();
});

async function started() {
  const [database, mailServer] = await Promise.all([blankDatabase(), startMailServer()]);
  cleanups.push(() => database.drop());
  const db = new Client({ connectionString: database.url });
  await db.connect();
  cleanups.push(() => db.end());
  cleanups.push(() => mailServer.close());
  const installation = await makeInstallation({
    DATABASE_URL: database.url,
    FAIRLEAD_SECRET_KEY: '5'.repeat(64),
    SMTP_URL: mailServer.url,
  });
  cleanups.push(() => installation.remove());
  const states = async () =>
    (await db.query('select state, attempts, message from mail order by id')).rows as {
      state: string;
      attempts: number;
      message: Buffer | null;
    }[];
  return { db, mailServer, installation, states };
}

async function invite(server: Server, key: string, email: string) {
  const made = await server.ask('POST', '/api/v1/invitations', { as: key, body: { email, role: 'member' } });
  expect(made.json).toMatchObject({ mailed: true });
}

/** Kills the process at the recipient or after the content, before the server answers. */
function killAt(mailServer: MailServer, when: 'onRecipient' | 'onContent', { program }: Server) {
  mailServer[when](async () => {
    program.kill('SIGKILL');
    await program.exited;
    return null;
  });
}

test('a process that is killed after the mail server has the content leaves an unknown mail, never a second one', async () => {
  const { db, mailServer, installation, states } = await started();
  const first = await installation.start();
  const { key } = first;
  killAt(mailServer, 'onContent', first);
  await invite(first, key, 'fred@acme.example');
  await first.program.exited;
  expect(await states()).toMatchObject([{ state: 'sending', attempts: 1 }]);

  mailServer.onContent(() => null);
  const second = await installation.start();
  await db.query(`update mail set lease_until = now() - interval '1 second'`);
  await until(async () => (await states())[0]!.state === 'unknown');
  await invite(second, key, 'gina@acme.example');
  await until(async () => (await states())[1]!.state === 'sent');
  expect(await states()).toMatchObject([
    { state: 'unknown', attempts: 1, message: null },
    { state: 'sent', attempts: 1, message: null },
  ]);
  expect(mailServer.inbox.map(({ to }) => to)).toEqual(['fred@acme.example', 'gina@acme.example']);
  const { stderr } = await second.stop();
  expect(stderr).toContain('a mail was given up');
  expect(stderr).not.toMatch(/token=|fred@|gina@/);
}, 120_000);

test('a process that is killed before the content leaves the mail to the next, which sends it once', async () => {
  const { db, mailServer, installation, states } = await started();
  const first = await installation.start();
  const { key } = first;
  killAt(mailServer, 'onRecipient', first);
  await invite(first, key, 'fred@acme.example');
  await first.program.exited;
  mailServer.onRecipient(() => null);
  await installation.start();
  await db.query(`update mail set lease_until = now() - interval '1 second'`);
  await until(async () => (await states())[0]!.state === 'sent');
  expect(await states()).toMatchObject([{ attempts: 2, message: null }]);
  expect(mailServer.inbox.map(({ to }) => to)).toEqual(['fred@acme.example']);
}, 120_000);
