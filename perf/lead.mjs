import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { call } from './api.mjs';

/** The n-th lead, like the example in RemixCRM's documentation. */
export function leadText(/** @type {number | string} */ n) {
  return (
    `{"first_name":"Jane","last_name":"Doe","email":"jane.doe.${n}@example.com","phone":"+1555${n}",` +
    `"event_date":"2026-08-15","event_type":"Wedding","source":"Website contact form","notes":"Outdoor, 80 guests"}`
  );
}

/** Creates the event type of the leads in a new workspace; 0.1.0 had none by default. */
export async function makeEventType(/** @type {import('./server.mjs').Server} */ server) {
  const { data } = await call(server, 'GET', '/lead-event-types', undefined);
  if (!data.some((/** @type {{ name: string }} */ { name }) => name === 'Wedding'))
    await call(server, 'POST', '/lead-event-types', { name: 'Wedding' });
  await call(server, 'PATCH', '/lead-settings', { leads_per_hour: 0 });
}

const FIRST =
  'Jane John Maria Ahmed Olga Chen Fatima Paul Ingrid Luis Sofía Zoë فاطمة محمد Ольга Иван 美咲 健太 Ελένη नेहा'.split(
    ' ',
  );
const LAST =
  'Doe Smith García Novák Müller Okafor Jensen Rossi Silva Dubois Kowalski Andersson الزهراء Иванова 山田 佐藤 Παπαδοπούλου शर्मा Nguyễn O’Brien'.split(
    ' ',
  );
const SOURCES = ['Website', 'Referral', 'Fair', 'Radio', 'Google Ads', 'Instagram', 'Zapier', 'Partner'];
const EVENT_TYPES = ['Wedding', 'Birthday', 'Conference', 'Party', 'Concert', 'Other'];
const STATUSES = [
  'new',
  'new',
  'new',
  'contacted',
  'contacted',
  'contacted',
  'quoted',
  'quoted',
  'won',
  'lost',
];

/** What people search for among the leads of `fillLeads`. */
export const SEARCHES = [
  'jane',
  'person.77@',
  '5550000123',
  'do',
  'jane smith',
  'nobody-at-all',
  'فاطمة',
  'Иванова',
  '山田',
];

/** Names in every script, eight sources, six event types, five statuses and owners, spread evenly over a year. */
const FILL = `
insert into lead
  (workspace_id, id, version, number, first_name, last_name, email, phone, event_date, event_type, source, status,
   notes, owner_id, custom_fields, tags, first_contacted_at, converted_at, created_by, created_at, updated_at)
select $1, (left(time, 8) || '-' || right(time, 4) || '-7' || substr(gen_random_uuid()::text, 16))::uuid, 1, n,
       first, last, 'person.' || n || '@example.com', '+1555' || lpad(n::text, 7, '0'), '2026-08-15',
       ($5::text[])[1 + (hashint4(n + 3) & 65535) % 6], ($6::text[])[1 + n * 7 % 8], status,
       case when n % 3 = 0 then 'Outdoor, ' || n % 200 || ' guests, wants to hear about catering' end,
       case when n % 6 > 0 then ('00000000-0000-7000-8000-00000000000' || n % 6)::uuid end, '{}',
       case when n % 10 = 0 then array['tag' || n % 50] else '{}' end,
       case when status <> 'new' then at + make_interval(secs => n::bigint * 7919 % 200000) end,
       case when status = 'won' then at + interval '3 days' end, 'bench', at, at
from (
  select n, at, lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') as time,
         ($3::text[])[1 + n * 31 % 20] as first, ($4::text[])[1 + n / 20 * 17 % 20] as last,
         ($7::text[])[1 + n * 13 % 10] as status
  from generate_series(1, $2::int) n
  cross join lateral (select now() - interval '365 days' * (1 - n::float8 / $2::int) as at) t
) x`;

/**
 * Inserts leads into a workspace by SQL; indexes that can be created again are dropped before and created after.
 * @param {import('pg').PoolConfig} connection
 */
export async function fillLeads(connection, /** @type {string} */ workspaceId, /** @type {number} */ count) {
  const client = new Client(connection);
  await client.connect();
  try {
    const { rows: indexes } = await client.query(
      `select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as text
       from pg_index where indrelid = 'lead'::regclass and not indisunique`,
    );
    if (count >= 100_000) for (const { name } of indexes) await client.query(`drop index ${name}`);
    await client.query(FILL, [workspaceId, count, FIRST, LAST, EVENT_TYPES, SOURCES, STATUSES]);
    await client.query(
      `insert into lead_counter (workspace_id, number, leads_per_hour) values ($1, $2, 0)
       on conflict (workspace_id) do update set number = excluded.number`,
      [workspaceId, count],
    );
    if (count >= 100_000) for (const { text } of indexes) await client.query(text);
    await client.query('vacuum (analyze) lead');
    await makeDocuments(client, workspaceId, 'lead');
  } finally {
    await client.end();
  }
}

/**
 * Requests the search documents of records that SQL has written, and waits for them.
 * @param {import('pg').Client} client
 */
export async function makeDocuments(client, /** @type {string} */ workspaceId, /** @type {string} */ object) {
  const { rows } = await client.query(`select to_regclass('search_pending') is not null as exists`);
  // 0.1.0 searches the table itself.
  if (!rows[0].exists) return;
  await client.query('insert into search_pending (workspace_id, object_type) values ($1, $2)', [
    workspaceId,
    object,
  ]);
  while ((await client.query('select from search_pending limit 1')).rowCount) await sleep(100);
  await client.query('vacuum (analyze) search_document');
}
