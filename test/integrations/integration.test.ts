import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FAIRLEAD_KEY, visiblePart } from '../../src/account/key-style.ts';
import { CONNECTION_KINDS, FORMATS, KEY_STYLES, mailTransportOf } from '../../src/catalogue.ts';
import type { Integration } from '../../src/integrations/integration.ts';
import { INTEGRATIONS } from '../../src/integrations.ts';
import { makeMember } from '../kit/member.ts';
import { PROJECT } from '../kit/process.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';

const FOLDER = path.join(PROJECT, 'src/integrations');

const isIntegration = (value: unknown): value is Integration =>
  typeof value === 'object' && value !== null && ['name', 'label', 'docs'].every((key) => key in value);

async function folders(): Promise<string[]> {
  const entries = await readdir(FOLDER, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

describe('the list of integrations', () => {
  test('has one integration of each folder, from the file of its name', async () => {
    const names = await folders();
    expect(INTEGRATIONS.map(({ name }) => name).toSorted()).toEqual(names.toSorted());
    for (const name of names) {
      const module = (await import(path.join(FOLDER, name, `${name}.ts`))) as Record<string, unknown>;
      const exported = Object.values(module).filter(isIntegration);
      expect(exported, name).toEqual([INTEGRATIONS.find((integration) => integration.name === name)]);
    }
  });

  test('has one line for each of them, besides its import', async () => {
    const text = await readFile(path.join(PROJECT, 'src/integrations.ts'), 'utf8');
    expect(text.match(/^ {2}\w+,$/gm)).toHaveLength(INTEGRATIONS.length);
  });

  test.each(INTEGRATIONS.map((integration) => [integration.name, integration] as const))(
    '%s has a label, and its documentation exists',
    async (_name, { label, docs }) => {
      expect(label).toMatch(/\S/);
      if (docs.startsWith('https://')) return;
      const [page, section] = docs.split('#') as [string, string?];
      expect(page).toMatch(/^docs\//);
      const headings = (await readFile(path.join(PROJECT, page), 'utf8')).matchAll(/^#+ (.+)$/gm);
      const sections = Array.from(headings, ([, heading]) => heading!.toLowerCase().replaceAll(' ', '-'));
      expect([undefined, ...sections], docs).toContain(section);
    },
  );

  test('two formats, two key styles, two kinds of connections or two inbound webhooks never share a name', () => {
    const formats = INTEGRATIONS.flatMap(({ webhookFormat }) => webhookFormat?.name ?? []);
    expect([...FORMATS.keys()]).toEqual(formats);
    const styles = INTEGRATIONS.flatMap(({ keyStyle }) => keyStyle?.name ?? []);
    expect([...KEY_STYLES.keys()]).toEqual([FAIRLEAD_KEY.name, ...styles]);
    const kinds = INTEGRATIONS.flatMap(({ connection }) => connection?.name ?? []);
    expect([...CONNECTION_KINDS.keys()]).toEqual(kinds);
    const paths = INTEGRATIONS.flatMap(({ inbound = [] }) => inbound.map((webhook) => webhook.path));
    expect(new Set(paths).size).toBe(paths.length);
  });

  test('a key has exactly one style: no prefix starts with another', () => {
    const prefixes = [...KEY_STYLES.values()].map(({ prefix }) => prefix);
    for (const prefix of prefixes)
      expect(prefixes.filter((other) => other.startsWith(prefix))).toEqual([prefix]);
  });

  test('what 0.1.0 stored stays: names, prefixes and visible parts of keys, formats, channels, URLs', () => {
    const secret = 'A'.repeat(32);
    const visible = (prefix: string) => visiblePart(KEY_STYLES, prefix + secret)?.length;
    expect(['fl_live_', 'axo_live_', 'rmx_'].map(visible)).toEqual([16, 17, 12]);
    expect([...KEY_STYLES.keys()]).toEqual(expect.arrayContaining(['fairlead', 'axocrm', 'remixcrm']));
    expect([...FORMATS.keys()]).toEqual(
      expect.arrayContaining(['standard', 'axocrm', 'automatenexus', 'axcelerate']),
    );
    const channels = INTEGRATIONS.flatMap(({ name, inbound = [] }) =>
      inbound.map((webhook) => [name, webhook.path]),
    );
    expect(channels).toEqual(
      expect.arrayContaining([
        ['crm-webhook', '/webhooks/crm/lead'],
        ['typeform', '/webhooks/typeform/:prefix'],
        ['google-ads', '/webhooks/google-ads'],
      ]),
    );
  });

  test('no integration sends mail to a server of an unknown scheme', () => {
    const dial = () => Promise.reject(new Error('nothing is dialled'));
    expect(() => mailTransportOf('imap://mail.example.com', dial)).toThrow('imap://');
    mailTransportOf('smtps://mail.example.com', dial).close();
  });
});

describe('the API shows all of them', () => {
  let s: Scenario;
  beforeAll(async () => {
    s = await startScenario({ FAIRLEAD_SERVICES: 'api' });
  });
  afterAll(() => s.stop());

  const LISTS = ['integrations', 'key-styles', 'webhook-formats'];
  const list = async (name: string) => (await s.ask('GET', `/api/v1/${name}`)).json.data;

  test.each(LISTS)('GET /%s requires a key or a session, and no scope', async (name) => {
    expect((await s.ask('GET', `/api/v1/${name}`, { as: null })).status).toBe(401);
    expect((await s.ask('GET', `/api/v1/${name}`, { as: s.bob })).status).toBe(200);
    const { cookie } = await makeMember(s, 'member', { name: `Mel ${name}` });
    expect((await s.ask('GET', `/api/v1/${name}`, { as: null, headers: { cookie } })).status).toBe(200);
  });

  test('an integration is listed with its label, its documentation and what it uses', async () => {
    const integrations = await list('integrations');
    expect(integrations.map(({ name }: { name: string }) => name)).toEqual(
      INTEGRATIONS.map(({ name }) => name),
    );
    expect(integrations).toContainEqual({
      name: 'typeform',
      label: 'Typeform',
      docs: 'docs/integrations/typeform.md',
      webhook_format: null,
      key_style: null,
      connection_kind: 'typeform',
      inbound: [
        { url: `${s.url}/webhooks/typeform/{prefix}`, authentication: expect.stringContaining('signs with') },
      ],
    });
    expect(integrations).toContainEqual(
      expect.objectContaining({ name: 'axocrm', webhook_format: 'axocrm', key_style: 'axocrm', inbound: [] }),
    );
  });

  test('every inbound webhook answers at its URL, and refuses a request without an inbound secret', async () => {
    const urls = (await list('integrations')).flatMap(({ inbound }: { inbound: { url: string }[] }) =>
      inbound.map(({ url }) => url.replaceAll(/\{\w+\}/g, 'crm_AbCdEf12').replace(s.url, '')),
    );
    expect(urls.length).toBeGreaterThan(2);
    // Without any secret in the installation, some answer 503.
    await s.ask('POST', '/api/v1/inbound-secrets', { body: { name: 'other' } });
    await s.newEvents();
    for (const url of urls) {
      for (const as of [null, s.alice]) {
        const reply = await s.ask('POST', url, { as, body: {} });
        expect(reply.status, url).toBe(401);
      }
    }
    expect(await s.newEvents()).toEqual([]);
  });

  test('a key of every style is created with its prefix and its scopes, and works', async () => {
    const styles = await list('key-styles');
    expect(styles.map(({ name }: { name: string }) => name)).toEqual([...KEY_STYLES.keys()]);
    for (const { name: style, prefix, scopes } of styles) {
      const { json } = await s.ask('POST', '/api/v1/api-keys', { body: { name: style, style } });
      expect(json).toMatchObject({ style, scopes: scopes ?? ['*'] });
      expect(json.key).toMatch(new RegExp(`^${prefix}[A-Za-z0-9]{32}$`));
      expect((await s.ask('GET', '/api/v1/me', { as: json.key })).status).toBe(200);
    }
  });

  test('one format and one key style are the default, which is used if none is given', async () => {
    const named = async (name: string) =>
      (await list(name)).filter((item: { default: boolean }) => item.default).map((item: Named) => item.name);
    const key = (await s.ask('POST', '/api/v1/api-keys', { body: { name: 'k' } })).json;
    expect(await named('key-styles')).toEqual([key.style]);
    const body = { name: 'w', url: 'https://example.com/hook', events: ['*'] };
    const webhook = (await s.ask('POST', '/api/v1/webhooks', { body })).json;
    expect(await named('webhook-formats')).toEqual([webhook.format]);
  });

  test('a format has a label, documentation, and what its secrets look like', async () => {
    const formats = await list('webhook-formats');
    expect(formats.map(({ name }: Named) => name)).toEqual([...FORMATS.keys()]);
    for (const { name, label, docs, signatures, secret_hint: hint } of formats) {
      expect([label, docs].join(), name).toMatch(/\S,(docs\/|https:)/);
      expect(signatures).toEqual(FORMATS.get(name)!.asymmetric ? ['v1', 'v1a'] : []);
      expect(hint).toMatch(/\.$/);
    }
  });

  test('the scopes of a style cannot be changed', async () => {
    for (const { name: style, scopes } of await list('key-styles')) {
      const { id } = (await s.ask('POST', '/api/v1/api-keys', { body: { name: 'k', style } })).json;
      const reply = await s.ask('PATCH', `/api/v1/api-keys/${id}`, { body: { scopes: ['contacts:read'] } });
      expect(reply.status, style).toBe(scopes === null ? 200 : 400);
    }
  });
});

interface Named {
  name: string;
}
