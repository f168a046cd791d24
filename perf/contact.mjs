import { Client } from 'pg';

/** The n-th contact, like the example in axoCRM's documentation. */
export function contactText(/** @type {number | string} */ n) {
  return `{"first_name":"Jane","last_name":"Doe","email":"jane.doe.${n}@example.com","source":"website"}`;
}

/** The n-th contact as a form or an import sends it: with a telephone number, a company and custom fields. */
export function fullContactText(/** @type {number | string} */ n) {
  return (
    `{"first_name":"Jane","last_name":"Doe","email":"jane.doe.${n}@example.com","phone":"+1 555 0100 ${n}",` +
    `"company":"Example Ltd","job_title":"Buyer","source":"website","notes":"Met at the fair, asks for a quote",` +
    `"custom_fields":{"industry":"events","employees":25,"newsletter":true,"budget":1200.5}}`
  );
}

/** The same with two tags. */
export function taggedContactText(/** @type {number | string} */ n) {
  return fullContactText(n).replace('"custom_fields"', '"tags":["Fair 2026","Newsletter"],"custom_fields"');
}

/** Inserts contacts into a workspace by SQL, spread evenly over a year. */
export async function fillContacts(
  /** @type {import('pg').PoolConfig} */ connection,
  /** @type {string} */ workspaceId,
  /** @type {number} */ count,
) {
  const client = new Client(connection);
  await client.connect();
  try {
    await client.query(FILL, [workspaceId, count]);
    await client.query('vacuum (analyze) contact');
  } finally {
    await client.end();
  }
}

const FILL = `
insert into contact
  (workspace_id, id, version, first_name, last_name, email, phone, company, job_title, status, source, notes,
   custom_fields, created_by, created_at, updated_at)
select $1, (left(time, 8) || '-' || right(time, 4) || '-7' || substr(gen_random_uuid()::text, 16))::uuid, 1,
       'Jane', 'Doe', 'person.' || n || '@example.com', '+1555' || lpad(n::text, 7, '0'), 'Example Ltd', 'Buyer',
       'lead', 'website', case when n % 3 = 0 then 'Met at the fair, asks for a quote' end,
       case when n % 2 = 0 then '{"industry":"events","employees":25}'::jsonb else '{}' end, 'bench', at, at
from (
  select n, at, lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') as time
  from generate_series(1, $2::int) n
  cross join lateral (select now() - interval '365 days' * (1 - n::float8 / $2::int) as at) t
) x`;
