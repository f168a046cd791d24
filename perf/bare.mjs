// A child process, the baseline of `create` and `leads`: node:http and one statement per request, which inserts a
// contact, or a lead and its submission, with its event into tables like Fairlead's. No key, no validation, no
// timeline, no position in the feed. It is also the baseline of `lists`: one statement reads 50 contacts.
import http from 'node:http';
import { Pool } from 'pg';
import { idMaker } from '../dist/base/id.js';
import { answer } from './helper.mjs';

const TABLES = `
create table bare_contact (like contact including all);
create table bare_event (like event including all);
create table bare_lead (like lead including all);
create table bare_lead_submission (like lead_submission including all)`;

const INSERT = {
  name: 'bare.insert',
  text: `
with contact as (
  insert into bare_contact
    (workspace_id, id, version, first_name, last_name, email, phone, company, job_title, status, source, notes,
     custom_fields, created_by, created_at, updated_at)
  values ($1, $2, 1, $3, $4, $5, $6, $7, $8, 'lead', $9, $10, $16, $11, $12, $12)
)
insert into bare_event
  (workspace_id, id, seq, type, object_type, object_id, occurred_at, actor, data, matched, reason)
values ($1, $13, $14, 'contact.created', 'contact', $2, $12, $11, $15, 0,
        'no active webhook is subscribed to this type')`,
};

const INSERT_LEAD = {
  name: 'bare.insert-lead',
  text: `
with lead as (
  insert into bare_lead
    (workspace_id, id, version, number, first_name, last_name, email, phone, event_date, event_type, source, status,
     notes, custom_fields, created_by, created_at, updated_at)
  values ($1, $2, 1, $14, $3, $4, $5, $6, $7, $8, $9, 'new', $10, '{}', $11, $12, $12)
), submission as (
  insert into bare_lead_submission (workspace_id, id, lead_id, channel, received_at, payload, utm)
  values ($1, $16, $2, 'api', $12, $17, '{}')
)
insert into bare_event
  (workspace_id, id, seq, type, object_type, object_id, occurred_at, actor, data, matched, reason)
values ($1, $13, $14, 'lead.created', 'lead', $2, $12, $11, $15, 0,
        'no active webhook is subscribed to this type')`,
};

const LIST = {
  name: 'bare.list',
  text: `
select id, version, first_name, last_name, email, phone, company, job_title, status, source, notes, custom_fields,
       created_by, created_at, updated_at
from contact where workspace_id = $1 and deleted_at is null order by id desc limit 50`,
};

const newId = idMaker(Date.now);
const workspaceId = newId();
const actor = `api_key:${newId()}`;
let seq = 0;

async function create(/** @type {Pool} */ pool, /** @type {any} */ input) {
  const { first_name = null, last_name = null, email = null, source = null } = input;
  const { phone = null, company = null, job_title = null, notes = null, custom_fields = {} } = input;
  const at = new Date().toISOString();
  const id = newId();
  const record = { id, version: 1, first_name, last_name, email, phone, company, job_title };
  Object.assign(record, { status: 'lead', source, notes, custom_fields, created_by: actor });
  const text = JSON.stringify(Object.assign(record, { created_at: at, updated_at: at }));
  const person = [first_name, last_name, email, phone, company, job_title, source, notes];
  const values = [workspaceId, id, ...person, actor, at, newId(), ++seq, text, custom_fields];
  await pool.query({ ...INSERT, values });
  return text;
}

async function createLead(/** @type {Pool} */ pool, /** @type {string} */ sent) {
  const { first_name, last_name, email, phone, event_date, event_type, source, notes } = JSON.parse(sent);
  const at = new Date().toISOString();
  const id = newId();
  const number = ++seq;
  const record = {
    id,
    version: 1,
    number,
    first_name,
    last_name,
    email,
    phone,
    event_date,
    event_type,
    source,
  };
  Object.assign(record, { status: 'new', notes, custom_fields: {}, created_by: actor, created_at: at });
  const text = JSON.stringify(Object.assign(record, { updated_at: at }));
  const person = [first_name, last_name, email, phone, event_date, event_type, source, notes];
  const values = [workspaceId, id, ...person, actor, at, newId(), number, text, newId(), sent];
  await pool.query({ ...INSERT_LEAD, values });
  return text;
}

async function list(/** @type {Pool} */ pool, /** @type {string} */ workspace) {
  const { rows } = await pool.query({ ...LIST, values: [workspace] });
  return JSON.stringify({ data: rows });
}

async function start(/** @type {import('pg').PoolConfig} */ connection) {
  const pool = new Pool({ ...connection, max: 20 });
  await pool.query(TABLES);
  const server = http.createServer((request, response) => {
    /** @type {Buffer[]} */
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const sent = Buffer.concat(chunks).toString();
      const { method, url = '' } = request;
      const working =
        method === 'GET'
          ? // The workspace is the last segment.
            list(pool, url.slice(url.lastIndexOf('/') + 1))
          : url === '/api/v1/leads'
            ? createLead(pool, sent)
            : create(pool, JSON.parse(sent));
      working.then(
        (text) => {
          response.writeHead(method === 'GET' ? 200 : 201, {
            'content-type': 'application/json; charset=utf-8',
            'content-length': Buffer.byteLength(text),
          });
          response.end(text);
        },
        (error) => response.writeHead(500, { 'content-length': 0 }).end(console.error(error)),
      );
    });
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', 1024, () => resolve(server.address().port));
  });
}

answer({ start });
