import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SCOPES } from '../../src/catalogue.ts';
import { makeMember } from '../kit/member.ts';
import { PROJECT } from '../kit/process.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';

let s: Scenario;
beforeAll(async () => {
  s = await startScenario();
});
afterAll(() => s.stop());

interface Scope {
  name: string;
  label: string;
  description: string;
  group: { name: string; label: string } | null;
  includes: string[];
  may_grant: boolean;
}
const list = async (ask: Parameters<Scenario['ask']>[2] = {}): Promise<Scope[]> =>
  (await s.ask('GET', '/api/v1/scopes', ask)).json.data;

describe('GET /scopes', () => {
  test('lists every scope of a key, with what it allows', async () => {
    const scopes = await list();
    expect(scopes.map(({ name }) => name).toSorted()).toEqual(SCOPES.names.toSorted());
    for (const { label, description, group } of scopes) {
      expect(label).toMatch(/^[A-Z]/);
      expect(description).toMatch(/^[A-Z].*\.$/);
      if (group === null) continue;
      expect(group.name).toMatch(/^[a-z]+(-[a-z]+)*$/);
      expect(group.label).toMatch(/^[A-Z]/);
    }
    expect(scopes.find(({ name }) => name === 'keys:manage')!.includes).toEqual(['keys:read']);
  });

  test('shows which of them the caller may give, and the API agrees', async () => {
    const as = await s.person(['keys:manage', 'leads:write', 'contacts:read']);
    const may = (await list({ as })).filter((scope) => scope.may_grant).map(({ name }) => name);
    expect(may.toSorted()).toEqual(
      ['keys:manage', 'keys:read', 'leads:create', 'leads:write', 'contacts:read'].toSorted(),
    );
    for (const { name, may_grant: mayGrant } of await list({ as })) {
      const made = await s.ask('POST', '/api/v1/api-keys', { as, body: { name, scopes: [name] } });
      expect(made.status, name).toBe(mayGrant ? 201 : 403);
    }
    expect((await list()).every((scope) => scope.may_grant)).toBe(true);
  });

  test('requires a key or a session', async () => {
    expect((await s.ask('GET', '/api/v1/scopes', { as: s.bob })).status).toBe(200);
    expect((await s.ask('GET', '/api/v1/scopes', { as: null })).status).toBe(401);
    const { cookie } = await makeMember(s, 'member', { name: 'Mel' });
    const scopes = await list({ as: null, headers: { cookie } });
    expect(scopes.find(({ name }) => name === 'contacts:write')!.may_grant).toBe(true);
    expect(scopes.find(({ name }) => name === 'keys:manage')!.may_grant).toBe(false);
  });
});

test('every route requires a scope that is defined', async () => {
  const document = JSON.parse(await readFile(path.join(PROJECT, 'openapi.json'), 'utf8')) as object;
  const required = JSON.stringify(document).matchAll(/"x-scope":"([^"]+)"/g);
  const names = new Set(Array.from(required, ([, name]) => name!));
  expect(names.size).toBeGreaterThan(15);
  expect(SCOPES.names).toEqual(expect.arrayContaining([...names]));
});

test('docs/accounts.md names every scope', async () => {
  const text = await readFile(path.join(PROJECT, 'docs/accounts.md'), 'utf8');
  for (const { name } of await list()) expect(text, name).toContain(`\`${name}\``);
});
