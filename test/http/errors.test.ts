import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ERROR_STATUS, type ErrorCode } from '../../src/base/errors.ts';
import { makeMember } from '../kit/member.ts';
import { startScenario, type Ask, type Reply, type Scenario } from '../kit/scenario.ts';

let s: Scenario;
beforeAll(async () => {
  s = await startScenario();
});
afterAll(() => s.stop());

const post = (body: object, more: Ask = {}) => s.ask('POST', '/api/v1/contacts', { body, ...more });
const NOBODY = '01976d3c-0000-7000-8000-000000000000';

/** A key of a new workspace on a plan. */
async function keyOn(plan: string, more: { expiresAt?: string } = {}): Promise<string> {
  const { id: workspaceId } = await s.app.workspaces.create({ name: plan, plan });
  const key = { workspaceId, name: 'key', style: 'fairlead' as const, createdBy: 'test', ...more };
  return (await s.app.keys.create(key)).raw;
}

/** For each code, a request that gets it. */
const PROVOKED: Record<ErrorCode, () => Promise<Reply>> = {
  validation_error: () => post({ email: 'nowhere' }),
  unauthorized: () => post({}, { as: 'axo_live_nonsense' }),
  api_key_expired: async () => {
    const key = await keyOn('unlimited', { expiresAt: new Date(Date.now() - 1000).toISOString() });
    return post({ first_name: 'Jane' }, { as: key });
  },
  forbidden: () => post({ first_name: 'Jane' }, { as: s.bob }),
  limit_reached: async () => {
    const as = await keyOn('paid');
    const make = (n: number) => s.ask('POST', '/api/v1/api-keys', { as, body: { name: `key ${n}` } });
    for (let n = 1; n < 20; n++) expect((await make(n)).status).toBe(201);
    return make(20);
  },
  not_found: () => s.ask('GET', '/api/v1/contacts/not-an-id'),
  method_not_allowed: () => s.ask('DELETE', '/api/v1/me'),
  conflict: deleteDefaultPipeline,
  gone: () => s.ask('GET', `/api/v1/events?after=evt_${NOBODY.replaceAll('-', '')}`),
  precondition_failed: async () => {
    const { id } = (await post({ first_name: 'Jane' })).json;
    const headers = { 'if-match': '"7"' };
    return s.ask('PATCH', `/api/v1/contacts/${id}`, { body: { last_name: 'Doe' }, headers });
  },
  payload_too_large: () => post({ first_name: 'Jane', notes: 'x'.repeat(1024 * 1024) }),
  unsupported_media_type: () => post({}, { headers: { 'content-type': 'text/plain' } }),
  idempotency_mismatch: async () => {
    const headers = { 'idempotency-key': 'mismatch' };
    expect((await post({ first_name: 'Jane' }, { headers })).status).toBe(201);
    return post({ first_name: 'John' }, { headers });
  },
  rate_limited: async () => {
    const as = await keyOn('standard');
    const me = () => s.ask('GET', '/api/v1/me', { as });
    await Promise.all(Array.from({ length: 100 }, me));
    return me();
  },
  server_error: async () => {
    await s.db.pool.query('alter table contact rename to contact_away');
    try {
      return await s.ask('GET', '/api/v1/contacts');
    } finally {
      await s.db.pool.query('alter table contact_away rename to contact');
    }
  },
  slot_taken: async () => {
    const host = await makeMember(s, 'member');
    const body = { starts_at: '2027-03-01T09:00:00Z', host_id: host.id };
    await s.ask('POST', '/api/v1/appointments', { body });
    return s.ask('POST', '/api/v1/appointments', { body });
  },
  not_configured: () =>
    s.ask('POST', '/api/v1/password-resets', { as: null, body: { email: 'alice@acme.example' } }),
  unavailable: async () => {
    // Another transaction locks the table for longer than a request waits.
    const other = await s.db.pool.connect();
    try {
      await other.query('begin; lock table contact in access exclusive mode');
      return await s.ask('GET', '/api/v1/contacts');
    } finally {
      await other.query('rollback');
      other.release();
    }
  },
};

/** The default pipeline cannot be deleted. */
async function deleteDefaultPipeline(): Promise<Reply> {
  const { data } = (await s.ask('GET', '/api/v1/pipelines')).json;
  return s.ask('DELETE', `/api/v1/pipelines/${data[0].id}`);
}

describe('AX2: every error has a code, its status, and a message for people', () => {
  test.each(Object.keys(ERROR_STATUS) as ErrorCode[])('%s', async (code) => {
    const reply = await PROVOKED[code]();
    expect(reply.status, reply.text).toBe(ERROR_STATUS[code]);
    expect(reply.headers.get('content-type')).toBe('application/json; charset=utf-8');
    const { error, ...rest } = reply.json;
    expect(rest).toEqual({});
    expect(error.code).toBe(code);
    expect(error.message).toMatch(/^[^{}]{10,}$/);
    expect(error.request_id).toBe(reply.headers.get('x-request-id'));
  });

  test('a malformed id is not found, like an unknown one', async () => {
    const [malformed, nothing] = await Promise.all(
      ['not-an-id', NOBODY].map((id) => s.ask('GET', `/api/v1/contacts/${id}`)),
    );
    expect([malformed!.status, nothing!.status]).toEqual([404, 404]);
  });
});
