import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ImapServer } from '../kit/imap-server.ts';
import { imapMissing, startImapServer } from '../kit/imap-server.ts';
import { makeMailboxWatchStore } from '../../src/messaging/inbound/mailbox-watch-store.ts';
import { makeMember, type SignedIn } from '../kit/member.ts';
import { until } from '../kit/process.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';

const DAY_MS = 86_400_000;

describe.skipIf(imapMissing !== null)(
  `EM5: mailboxes by IMAP${imapMissing === null ? '' : `: ${imapMissing}`}`,
  () => {
    let s: Scenario;
    let server: ImapServer;
    let member: SignedIn;

    beforeAll(async () => {
      [s, server] = await Promise.all([startScenario({ FAIRLEAD_SERVICES: 'api' }), startImapServer()]);
      member = await makeMember(s, 'member', { name: 'Sam Seller' });
      for (const email of ['anna@far.example', 'ben@far.example'])
        await s.ask('POST', '/api/v1/contacts', { body: { email } });
    });
    afterAll(async () => {
      await s.stop();
      await server.stop();
    });
    beforeEach(async () => void (await s.newEvents()));

    async function connect(user: string, more: object = {}) {
      const { status, json, text } = await s.ask('POST', '/api/v1/connections', {
        body: {
          kind: 'imap',
          name: user,
          settings: { host: '127.0.0.1', port: server.port, tls: 'none', ...more },
          secrets: { username: user, password: server.password },
        },
      });
      expect(status, text).toBe(201);
      return json.id as string;
    }

    let count = 0;

    /** Puts a mail into a folder, as of some days ago. */
    async function append(
      user: string,
      headers: Record<string, string>,
      { folder = 'INBOX', days = 0, body = 'Hello' } = {},
    ) {
      const client = await server.connect(user);
      const all = {
        From: 'anna@far.example',
        To: member.email,
        Subject: `Mail ${++count}`,
        'Message-ID': `<mail-${count}-${Date.now()}@far.example>`,
        ...headers,
      };
      const lines = [...Object.entries(all).map(([name, value]) => `${name}: ${value}`), '', body, ''];
      await client.append(folder, lines.join('\r\n'), [], new Date(Date.now() - days * DAY_MS));
      await client.logout();
    }

    /** Runs the recurring job once, with all mailboxes due. */
    async function sync() {
      // Times are rounded to the millisecond, perhaps up.
      const due = `due_at = now() - interval '1 second'`;
      await s.db.pool.query(`update mailbox set ${due}`);
      await s.db.pool.query(`update job set ${due} where type = 'messaging.mailboxes'`);
      await s.app.jobWorker.pass();
    }

    const subjects = async (id: string) => {
      const { json } = await s.ask('GET', `/api/v1/emails?connection_id=${id}&limit=100`);
      return json.data.map(({ subject }: { subject: string }) => subject).toSorted();
    };

    test('mails of 30 days with a contact are recorded without events; new ones fire email.received', async () => {
      await append('one', { Subject: 'too old' }, { days: 40 });
      await append('one', { Subject: 'old' }, { days: 3 });
      await append('one', { Subject: 'of a stranger', From: 'stranger@far.example' });
      await append('one', { Subject: 'draft' }, { folder: 'Drafts' });
      await append('one', { Subject: 'spam' }, { folder: 'Junk' });
      await append(
        'one',
        { Subject: 'written', From: member.email, To: 'ben@far.example' },
        { folder: 'Sent', days: 2 },
      );
      const id = await connect('one');
      expect((await s.ask('POST', `/api/v1/connections/${id}/test`)).json).toMatchObject({ ok: true });
      await sync();
      expect(await subjects(id)).toEqual(['old', 'written']);
      expect(await s.newEvents()).toEqual([]);
      await append('one', { Subject: 'new' });
      await append('one', { Subject: 'new of a stranger', From: 'stranger@far.example' });
      await sync();
      await sync();
      expect(await subjects(id)).toEqual(['new', 'old', 'written']);
      expect(await s.newEvents()).toEqual(['email.received']);
      const { json } = await s.ask('GET', `/api/v1/connections/${id}`);
      expect(json.state).toBe('active');
    });

    test('after another UIDVALIDITY everything is read again, and nothing is stored twice', async () => {
      const id = await connect('two');
      await append('two', { Subject: 'first' });
      await sync();
      await append('two', { Subject: 'second' });
      await sync();
      await s.newEvents();
      await s.db.pool.query(
        'update mailbox_folder set uid_validity = uid_validity - 1 where connection_id = $1',
        [id],
      );
      await sync();
      expect(await subjects(id)).toEqual(['first', 'second']);
      expect(await s.newEvents()).toEqual([]);
    });

    test('a mail that is too large is recorded without its content, and the next one arrives', async () => {
      const id = await connect('three');
      await sync();
      await append('three', { Subject: 'huge' }, { body: `${'a'.repeat(998)}\r\n`.repeat(26_500) });
      await append('three', { Subject: 'next' });
      await sync();
      expect(await subjects(id)).toEqual(['huge', 'next']);
    });

    test('a private mailbox shows its mails to nobody but its member', async () => {
      const id = await connect('four', { owner: member.id, visibility: 'private' });
      await append('four', { Subject: 'secret' });
      await sync();
      const { json } = await s.ask('GET', `/api/v1/emails?connection_id=${id}`);
      expect(json.data).toEqual([
        expect.objectContaining({ visibility: 'private', user_id: member.id, subject: null, from: null }),
      ]);
      const path = `/api/v1/emails/${json.data[0].id}/content`;
      expect((await s.ask('GET', path)).status).toBe(404);
      expect((await member.ask('GET', path)).json).toMatchObject({
        subject: 'secret',
        from: 'anna@far.example',
      });
    });

    test('a mailbox that is watched is read as soon as a mail arrives, and by one process', async () => {
      const watching = await startScenario();
      try {
        const { db } = watching;
        await watching.ask('POST', '/api/v1/contacts', { body: { email: 'anna@far.example' } });
        const { json } = await watching.ask('POST', '/api/v1/connections', {
          body: {
            kind: 'imap',
            name: 'Watched',
            settings: { host: '127.0.0.1', port: server.port, tls: 'none' },
            secrets: { username: 'six', password: server.password },
          },
        });
        const jobIsDue = (at: string) =>
          db.pool.query(`update job set due_at = now() + $1::interval where type = 'messaging.mailboxes'`, [
            at,
          ]);
        const isWatched = async () =>
          (await db.pool.query('select from mailbox where watcher is not null')).rowCount === 1;
        const arrived = async (subject: string) =>
          (await watching.ask('GET', `/api/v1/emails?connection_id=${json.id}`)).json.data.some(
            (email: { subject: string }) => email.subject === subject,
          );
        await jobIsDue('-1 second');
        await until(isWatched);
        // From now on, nobody but the watcher reads it.
        await jobIsDue('1 hour');
        for (const subject of ['at once', 'and again']) {
          await append('six', { Subject: subject });
          await until(() => arrived(subject));
        }
        const store = makeMailboxWatchStore(db);
        const other = '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7d99';
        expect(await store.claim(other, ['imap'], 10, [])).toEqual([]);
        await db.pool.query(`update mailbox set watched_until = now() - interval '1 second'`);
        expect(await store.claim(other, ['imap'], 10, [])).toEqual([
          expect.objectContaining({ connection_id: json.id, kind: 'imap' }),
        ]);
      } finally {
        await watching.stop();
      }
    });

    test('a wrong password is shown at the connection, without the password', async () => {
      const id = await connect('five');
      await s.ask('PATCH', `/api/v1/connections/${id}`, {
        body: { secrets: { username: 'five', password: 'wrong one' } },
      });
      await sync();
      const { json } = await s.ask('GET', `/api/v1/connections/${id}`);
      expect(json.state).toBe('failing');
      expect(json.last_error).toMatch(/refuses the user name or the password/);
      expect(JSON.stringify(json)).not.toContain('wrong one');
    });
  },
);
