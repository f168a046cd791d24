import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MODULE_NOUNS as NOUNS } from '../../src/modules.ts';
import { sampleBody } from '../kit/record-sample.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';

let s: Scenario;
beforeAll(async () => {
  s = await startScenario({ FAIRLEAD_SERVICES: 'api' });
});
afterAll(() => s.stop());

interface FieldAnswer {
  key: string;
  kind: string;
  required: boolean;
  read_only: boolean;
  computed: boolean;
  options?: { value: string; label: string }[];
  filter?: { parameter: string; operators: string[] };
  sortable: boolean;
}
const object = async (key: string) => (await s.ask('GET', `/api/v1/objects/${key}`)).json;
const fieldsOf = async (key: string): Promise<FieldAnswer[]> => (await object(key)).fields;

describe('RC1: objects', () => {
  test('lists the objects that the caller can read; get accepts singular and plural', async () => {
    const all = (await s.ask('GET', '/api/v1/objects')).json.data.map(({ key }: { key: string }) => key);
    expect(all).toEqual(NOUNS.map(({ name }) => name));
    const ofBob = (await s.ask('GET', '/api/v1/objects', { as: s.bob })).json.data;
    expect(ofBob.map(({ key }: { key: string }) => key)).toEqual(['contact']);
    expect((await s.ask('GET', '/api/v1/objects/deal', { as: s.bob })).status).toBe(404);
    expect((await s.ask('GET', '/api/v1/objects/nothing')).status).toBe(404);
    expect(await object('contacts')).toEqual(await object('contact'));
    expect((await s.ask('GET', '/api/v1/objects', { as: null })).status).toBe(401);
  });

  test('objects of an area are in use once the workspace has a record of one of them', async () => {
    const used = async () =>
      (await s.ask('GET', '/api/v1/objects', { as: s.alice })).json.data
        .filter((item: { in_use: boolean }) => !item.in_use)
        .map(({ key }: { key: string }) => key);
    expect(await used()).toEqual(['course', 'course_run', 'enrolment', 'assessment']);
    const { json } = await s.ask('POST', '/api/v1/courses', { body: { name: 'First aid' } });
    expect(await used()).toEqual([]);
    expect((await object('assessment')).in_use).toBe(true);
    await s.ask('DELETE', `/api/v1/courses/${json.id}`);
    expect((await object('assessment')).in_use).toBe(false);
  });

  test.each(NOUNS.map(({ name, plural }) => ({ name, plural })))(
    '$name: exactly the fields of a record are described',
    async ({ name, plural }) => {
      const fields = await fieldsOf(name);
      const known = new Set(fields.map(({ key }) => key));
      const {
        json: created,
        status,
        text,
      } = await s.ask('POST', `/api/v1/${plural}`, {
        body: await sampleBody(s, name),
        headers: { prefer: 'return=representation' },
      });
      expect(status, text).toBe(201);
      const { id: _id, version: _version, ...record } = created;
      expect(Object.keys(record).toSorted()).toEqual([...known].toSorted());
    },
  );

  test.each(NOUNS.map(({ name, plural }) => ({ name, plural })))(
    '$name: the list accepts the described filters and sort orders',
    async ({ name, plural }) => {
      const values: Record<string, string> = {
        record: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c21',
        user: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c21',
        date: '2026-06-30',
        datetime: '2026-06-30T00:00:00Z',
        number: '5',
        boolean: 'true',
      };
      for (const { key, kind, filter, sortable } of await fieldsOf(name)) {
        for (const operator of filter?.operators ?? []) {
          const parameter = operator === 'eq' ? filter!.parameter : `${filter!.parameter}[${operator}]`;
          const query = new URLSearchParams({ [parameter]: values[kind] ?? 'x' });
          const reply = await s.ask('GET', `/api/v1/${plural}?${query.toString()}`);
          expect(reply.status, `${parameter}: ${reply.text}`).toBe(200);
        }
        const plain = await s.ask('GET', `/api/v1/${plural}?${key}=${values[kind] ?? 'x'}`);
        const isTaken = filter?.parameter === key && filter.operators.includes('eq');
        expect(plain.status, key).toBe(isTaken ? 200 : 400);
        const sorted = await s.ask('GET', `/api/v1/${plural}?sort=${key}`);
        expect(sorted.status, key).toBe(sortable ? 200 : 400);
      }
    },
  );

  test('read-only and computed fields are ignored when sent', async () => {
    const { json: lead } = await s.ask('POST', '/api/v1/leads', {
      body: { name: 'Jane Doe', phone: '+1555' },
      headers: { prefer: 'return=representation' },
    });
    const names = (await fieldsOf('lead')).filter(({ read_only, computed }) => read_only || computed);
    expect(names.map(({ key }) => key)).toEqual(expect.arrayContaining(['number', 'lead_url', 'created_at']));
    const body = Object.fromEntries(names.map(({ key }) => [key, 'x']));
    const reply = await s.ask('PATCH', `/api/v1/leads/${lead.id}`, { body });
    expect(reply.status, reply.text).toBe(200);
    expect(reply.json).toEqual(lead);
  });

  test('options are the workspace’s own', async () => {
    await s.ask('POST', '/api/v1/lead-sources', { body: { name: 'Fair' } });
    const options = async (key: string) =>
      (await fieldsOf('lead')).find((field) => field.key === key)!.options!.map(({ value }) => value);
    expect(await options('source')).toContain('Fair');
    expect(await options('event_type')).toContain('Wedding');
    expect(await options('status')).toEqual(['new', 'contacted', 'quoted', 'won', 'lost']);
    const elsewhere = await s.ask('GET', '/api/v1/objects/lead', { as: s.charlie });
    const source = elsewhere.json.fields.find(({ key }: FieldAnswer) => key === 'source');
    expect(source.options).toEqual([]);
  });

  test('the path of a panel is a list route', async () => {
    const { json } = await s.ask('POST', '/api/v1/leads', {
      body: { name: 'Jane Doe', phone: '+15551234567' },
    });
    const { panels } = await object('lead');
    expect(panels.length).toBeGreaterThan(0);
    for (const { path } of panels as { path: string }[]) {
      const reply = await s.ask('GET', `/api/v1${path.replace('{id}', json.id)}`);
      expect(reply.status, path).toBe(200);
      expect(reply.json.data).toBeInstanceOf(Array);
    }
  });
});
