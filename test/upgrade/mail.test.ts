import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadFixture, readFixture, startUpgraded, type LoadedStore, type Upgraded } from '../kit/fixture.ts';
import { startMailServer, type MailServer } from '../kit/mail-server.ts';
import { until } from '../kit/process.ts';

let store: LoadedStore;
let server: MailServer;
let s: Upgraded;
beforeAll(async () => {
  [store, server] = await Promise.all([loadFixture('0.1.0', 'http://127.0.0.1:9'), startMailServer()]);
});
afterAll(async () => {
  await s?.stop();
  await server?.close();
  await store?.drop();
});

test('notices that 0.1.0 had queued are mailed once; one that a process of 0.1.0 has claimed is left to it', async () => {
  const { manifest, answers } = readFixture('0.1.0');
  const { rows: letters } = await store.client.query('select * from notice_letter where mailed_at is null');
  expect(letters).toHaveLength(2);
  // Since then one of the two is no longer an admin; a third is claimed by a process of 0.1.0.
  const [alice, bea, mia] = ['alice', 'bea', 'mia'].map((name) =>
    manifest.people.find(({ email }) => email === `${name}@acme.example`)!,
  );
  await store.client.query(`update member set role = 'member' where user_id = $1`, [bea!.id]);
  await store.client.query(`update member set role = 'admin' where user_id = $1`, [mia!.id]);
  await store.client.query(
    `insert into notice_letter select workspace_id, notice_id, $1::uuid, now() + interval '5 minutes', 1
     from notice_letter limit 1`,
    [mia!.id],
  );
  s = await startUpgraded(store, manifest, 'api,worker,web', { SMTP_URL: server.url });
  const mails = async () => (await store.client.query('select user_id, state from mail')).rows;
  await until(async () => (await mails()).some(({ state }) => state === 'sent'));
  expect(await mails()).toEqual([{ user_id: alice!.id, state: 'sent' }]);
  expect(server.inbox.map(({ to }) => to)).toEqual([alice!.email]);
  const { object_id: webhook, details } = answers.notices[0] as {
    object_id: string;
    details: { name: string };
  };
  expect(server.inbox[0]!.text).toContain(`Subject: The webhook ${details.name} was disabled`);
  expect(server.inbox[0]!.text).toContain(`${manifest.public_url}/settings/webhooks/${webhook}`);
  const left = await store.client.query('select user_id, mailed_at is null as waits from notice_letter');
  expect(left.rows).toEqual(
    expect.arrayContaining([
      { user_id: alice!.id, waits: false },
      { user_id: mia!.id, waits: true },
    ]),
  );
  expect(left.rows).toHaveLength(2);
});
