import { randomBytes, randomUUID } from 'node:crypto';
import { afterEach, describe, expect, inject, test } from 'vitest';
import { Client } from 'pg';
import { urlOf } from '../kit/database.ts';
import { loadFixture, readFixture } from '../kit/fixture.ts';
import { makeInstallation, until } from '../kit/process.ts';

/** What a test made and must not leave behind, undone in reverse. */
const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const undo of cleanups.splice(0).reverse()) await undo();
});

async function asAdmin<T>(database: string, work: (admin: Client) => Promise<T>): Promise<T> {
  const admin = new Client({ ...inject('postgres'), database });
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.end();
  }
}

interface RecurringRow {
  type: string;
  is_done: boolean;
}

/** The recurring jobs of a database; each is done whose next time is ahead. */
async function recurring(url: string): Promise<RecurringRow[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<RecurringRow>(
      'select type, due_at > created_at and lease_token is null as is_done from job where recurring order by type',
    );
    return rows;
  } finally {
    await client.end();
  }
}

const EVERYWHERE = [
  'call.end_stale',
  'maintenance.connection_events',
  'maintenance.email_attachments',
  'maintenance.email_sends',
  'maintenance.email_visitors',
  'maintenance.erasure',
  'maintenance.files',
  'maintenance.form_spam',
  'maintenance.idempotency',
  'maintenance.inboxes',
  'maintenance.jobs',
  'maintenance.mcp_operations',
  'maintenance.merges',
  'maintenance.oauth',
  'maintenance.old_mail',
  'maintenance.overdue_deliveries',
  'maintenance.provider_events',
  'maintenance.reconciliations',
  'maintenance.record_numbers',
  'maintenance.retention',
  'maintenance.retention_terms',
  'maintenance.soft_bounces',
  'maintenance.statistics',
  'messaging.mailboxes',
  'payment.reconcile_due',
  'scheduling.calendars',
];

const areDone = (rows: RecurringRow[]) =>
  rows.length === EVERYWHERE.length && rows.every((row) => row.is_done);

/** Of a role that owns one schema and cannot create a schema; the operator has created the extension of 0.1.0. */
async function lockedDownUrl(): Promise<string> {
  const name = `locked_${randomUUID().replaceAll('-', '')}`;
  await asAdmin('postgres', async (admin) => {
    await admin.query(`create role ${name} login password 'a password'`);
    await admin.query(`create database ${name}`);
  });
  cleanups.push(() =>
    asAdmin('postgres', async (admin) => {
      await admin.query(`drop database ${name} with (force)`);
      await admin.query(`drop role ${name}`);
    }),
  );
  await asAdmin(name, async (admin) => {
    await admin.query('revoke all on schema public from public');
    await admin.query(`create schema crm authorization ${name}`);
    await admin.query('create extension pg_trgm schema crm');
    await admin.query(`alter role ${name} in database ${name} set search_path = crm`);
  });
  return urlOf({ ...inject('postgres'), user: name, password: 'a password', database: name });
}

test('with a role that can create tables in its own schema and nothing else, jobs run, and doctor finds them in order', async () => {
  const url = await lockedDownUrl();
  const installation = await makeInstallation({
    DATABASE_URL: url,
    FAIRLEAD_SECRET_KEY: randomBytes(32).toString('hex'),
  });
  cleanups.push(() => installation.remove());
  const client = new Client({ connectionString: url });
  await client.connect();
  cleanups.push(() => client.end());
  await expect(client.query('create schema another')).rejects.toThrow('permission denied for database');
  const server = await installation.start();
  expect((await server.ask('GET', '/readyz')).status).toBe(200);
  await until(async () => areDone(await recurring(url)));
  const doctor = await installation.run(['doctor']);
  expect(doctor.stdout).toMatch(/^ok +0 jobs wait or run, none overdue; 0 failed$/m);
  expect(doctor.code).toBe(0);
  // Appointments need an extension that the role may not create: both say what an operator runs.
  const sql = 'create extension btree_gist schema crm;';
  expect(doctor.stdout).toContain(`appointments are off until a superuser of the database runs: ${sql}`);
  const settings = async () => (await server.ask('GET', '/api/v1/appointment-settings')).json;
  expect(await settings()).toEqual({ enabled: false, sql });
  const appointment = { starts_at: '2027-03-01T09:00:00Z' };
  const refused = await server.ask('POST', '/api/v1/appointments', { body: appointment });
  expect([refused.status, refused.json.error.code]).toEqual([503, 'not_configured']);
  await asAdmin(/@\/([^?]+)/.exec(url)![1]!, (admin) => admin.query(sql));
  await until(async () => (await settings()).enabled);
  expect((await server.ask('POST', '/api/v1/appointments', { body: appointment })).status).toBe(201);
  expect((await server.ask('GET', '/metrics')).text).toMatch(
    /^fairlead_job_runs_total\{type="maintenance.retention",outcome="succeeded"\} 1$/m,
  );
  expect((await server.stop()).code).toBe(0);
});

test('a process without the service worker runs no jobs; a pass of deliver does', async () => {
  const url = await lockedDownUrl();
  const installation = await makeInstallation({
    DATABASE_URL: url,
    FAIRLEAD_SECRET_KEY: randomBytes(32).toString('hex'),
    FAIRLEAD_SERVICES: 'api,web',
  });
  cleanups.push(() => installation.remove());
  await installation.start();
  expect(await recurring(url)).toEqual([]);
  expect((await installation.run(['deliver'])).stdout).toBe('webhooks with something due: 0\n');
  expect(areDone(await recurring(url))).toBe(true);
});

describe.each(['0.1.0'])('a store of %s', (version) => {
  const { manifest } = readFixture(version);

  test('gets its jobs with the first start, and every recurring one runs', async () => {
    const store = await loadFixture(version, 'http://127.0.0.1:9');
    cleanups.push(() => store.drop());
    const installation = await makeInstallation({
      DATABASE_URL: store.url,
      FAIRLEAD_SECRET_KEY: manifest.secret_key,
      FAIRLEAD_RETENTION_DAYS: '3650',
    });
    cleanups.push(() => installation.remove());
    const server = await installation.start();
    await until(async () => areDone(await recurring(store.url)));
    expect((await recurring(store.url)).map(({ type }) => type)).toEqual(EVERYWHERE);
    expect(server.program.stderr).not.toContain('it runs again in');
    expect((await server.stop()).code).toBe(0);
  });
});
