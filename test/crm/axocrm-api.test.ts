import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCase, startScenario, type ApiCase, type Scenario } from '../kit/scenario.ts';

describe("requests as in axoCRM's documentation, with a key of its style", () => {
  let s: Scenario;
  let key: string;
  beforeAll(async () => {
    s = await startScenario({ FAIRLEAD_SERVICES: 'api' });
    ({ key } = await s.person(['*'], 'axocrm'));
  });
  afterAll(() => s.stop());

  const run = (item: Omit<ApiCase, 'name'>) => runCase(s, { name: '', as: key, ...item });

  test('AX4: GET /me returns the workspace and the scopes', async () => {
    await run({
      method: 'GET',
      path: '/api/v1/me',
      status: 200,
      check: ({ json }) =>
        expect(json).toMatchObject({ workspace: { id: s.alice.workspaceId, name: 'Acme' }, scopes: ['*'] }),
    });
  });

  test('AX5: a contact; its default status is lead', async () => {
    const body = { first_name: 'Jane', last_name: 'Doe', email: 'jane@example.com', source: 'website' };
    await run({
      method: 'POST',
      path: '/api/v1/contacts',
      body,
      status: 201,
      events: ['contact.created'],
      check: ({ json }) => expect(json).toMatchObject({ ...body, status: 'lead' }),
    });
  });

  test('AX5: one of first_name, last_name and email is required', async () => {
    const path = '/api/v1/contacts';
    for (const body of [{ first_name: 'Jane' }, { last_name: 'Doe' }, { email: 'jane@example.com' }]) {
      await run({ method: 'POST', path, body, status: 201, events: ['contact.created'] });
    }
    for (const body of [{}, { source: 'website' }, { first_name: ' ', last_name: '', email: null }]) {
      const fields = ['first_name', 'last_name', 'email'];
      await run({ method: 'POST', path, body, status: 400, code: 'validation_error', fields });
    }
  });

  test('AX6: a company', async () => {
    const body = { name: 'Acme Ltd', website: 'https://acme.example' };
    await run({
      method: 'POST',
      path: '/api/v1/companies',
      body,
      status: 201,
      events: ['company.created'],
      check: ({ json }) => expect(json).toMatchObject(body),
    });
  });

  test.each([{}, { name: null }, { name: '' }, { name: '  ' }])(
    'AX6: %j is refused: the name of a company is required',
    async (body) => {
      await run({
        method: 'POST',
        path: '/api/v1/companies',
        body: { website: 'https://acme.example', ...body },
        status: 400,
        code: 'validation_error',
        fields: ['name'],
      });
    },
  );

  test("AX6: a company's name can be changed but not removed", async () => {
    const { json } = await s.ask('POST', '/api/v1/companies', { body: { name: 'Acme' } });
    const path = `/api/v1/companies/${json.id}`;
    await s.newEvents();
    await run({ method: 'PATCH', path, body: { name: null }, status: 400, fields: ['name'] });
    await run({
      method: 'PATCH',
      path,
      body: { name: ' Acme Ltd ' },
      status: 200,
      events: ['company.updated'],
      check: (reply) => expect(reply.json.name).toBe('Acme Ltd'),
    });
  });

  test('a contact takes the name of a company when it is linked to it, not when the same link is sent again', async () => {
    const company = async (name: string) =>
      (await s.ask('POST', '/api/v1/companies', { body: { name } })).json;
    const [acme, other] = [await company('Acme'), await company('Other Ltd')];
    const body = { first_name: 'Jane', company_id: acme.id };
    const { id, company: name } = (await s.ask('POST', '/api/v1/contacts', { body })).json;
    expect(name).toBe('Acme');
    await s.ask('PATCH', `/api/v1/companies/${acme.id}`, { body: { name: 'Acme Holding' } });
    await s.newEvents();
    const change = async (sent: object) =>
      (await s.ask('PATCH', `/api/v1/contacts/${id}`, { body: sent })).json;
    expect(await change({ company_id: acme.id })).toMatchObject({ company: 'Acme', version: 1 });
    expect(await s.newEvents()).toEqual([]);
    expect(await change({ company_id: other.id })).toMatchObject({ company: 'Other Ltd', version: 2 });
    expect(await change({ company_id: acme.id, company: 'A' })).toMatchObject({ company: 'A', version: 3 });
  });

  test('AX7: a deal; by default in the first stage of the default pipeline', async () => {
    const path = '/api/v1/deals';
    const body = { name: 'Acme: Q3 contract', value: 5000, currency: 'GBP' };
    const [pipeline] = (await s.ask('GET', '/api/v1/pipelines')).json.data;
    await run({
      method: 'POST',
      path,
      body,
      status: 201,
      events: ['deal.created'],
      check: ({ json }) =>
        expect(json).toMatchObject({
          ...body,
          status: 'open',
          pipeline_id: pipeline.id,
          stage_id: pipeline.stages[0].id,
        }),
    });
    await run({ method: 'POST', path, body: { value: 5000 }, status: 400, fields: ['name'] });
  });

  test('AX8: a task; its default priority is medium', async () => {
    const path = '/api/v1/tasks';
    const body = { title: 'Follow up with Acme', priority: 'high' };
    await run({
      method: 'POST',
      path,
      body,
      status: 201,
      events: ['task.created'],
      check: ({ json }) => expect(json).toMatchObject({ ...body, status: 'open' }),
    });
    await run({
      method: 'POST',
      path,
      body: { title: 'Call' },
      status: 201,
      events: ['task.created'],
      check: ({ json }) => expect(json.priority).toBe('medium'),
    });
    for (const priority of ['low', 'medium', 'high', 'urgent']) {
      await run({
        method: 'POST',
        path,
        body: { title: 'Call', priority },
        status: 201,
        events: ['task.created'],
      });
    }
    await run({ method: 'POST', path, body: { priority: 'high' }, status: 400, fields: ['title'] });
    await run({
      method: 'POST',
      path,
      body: { title: 'x', priority: 'asap' },
      status: 400,
      fields: ['priority'],
    });
  });
});
