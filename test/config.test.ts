import { describe, expect, test } from 'vitest';
import { StartError } from '../src/base/errors.ts';
import { readConfig } from '../src/config.ts';

/** The value must not be repeated: it may be a secret, or contain one. */
const HIDDEN = 'hunter2';
const KEY = '0123456789abcdef'.repeat(4);

describe('an invalid setting is refused in one line that names it and does not repeat its value', () => {
  test.each([
    ['FAIRLEAD_FOO', HIDDEN],
    ['FAIRLEAD_', HIDDEN],
    ['PORT', HIDDEN],
    ['PORT', '70000'],
    ['PORT', '-1'],
    ['PORT', '80.5'],
    ['DATABASE_URL', `mysql://root:${HIDDEN}@db/crm`],
    ['FAIRLEAD_SECRET_KEY', HIDDEN],
    ['FAIRLEAD_SECRET_KEY', KEY.slice(1)],
    ['FAIRLEAD_PUBLIC_URL', HIDDEN],
    ['FAIRLEAD_PUBLIC_URL', `ftp://${HIDDEN}/`],
    ['FAIRLEAD_SERVICES', `api,${HIDDEN}`],
    ['FAIRLEAD_SERVICES', ' , '],
    ['FAIRLEAD_EGRESS_ALLOW', `10.0.0.0/8, ${HIDDEN}`],
    ['FAIRLEAD_EGRESS_ALLOW', '10.0.0.0/33'],
    ['FAIRLEAD_EGRESS_IPS', HIDDEN],
    ['FAIRLEAD_TRUST_PROXY', `127.0.0.1,${HIDDEN}`],
    ['FAIRLEAD_LOG_LEVEL', HIDDEN],
    ['FAIRLEAD_RETENTION_DAYS', '30'],
    ['FAIRLEAD_RETENTION_DAYS', 'forever'],
  ])('%s=%s', (name, value) => {
    const message = refusal({ [name]: value });
    expect(message).toContain(name);
    expect(message).not.toContain('\n');
    expect(message).not.toContain(HIDDEN);
  });

  test('DATABASE_URL requires FAIRLEAD_SECRET_KEY', () => {
    const settings = { DATABASE_URL: `postgres://crm:${HIDDEN}@db/crm` };
    expect(refusal(settings)).toMatch(/^FAIRLEAD_SECRET_KEY must be set with DATABASE_URL/);
    expect(refusal(settings)).not.toContain(HIDDEN);
    expect(readConfig({ ...settings, FAIRLEAD_SECRET_KEY: KEY }).databaseUrl).toBe(settings.DATABASE_URL);
  });
});

test('the defaults are valid; empty values count as unset; other variables are ignored', () => {
  const config = readConfig({ PORT: '', FAIRLEAD_SERVICES: '', PATH: '/bin', HOSTNAME: 'here' });
  expect(config).toEqual(readConfig({}));
  expect(config).toMatchObject({
    port: 3000,
    host: '127.0.0.1',
    dataDir: './data',
    databaseUrl: '',
    services: ['api', 'worker', 'web'],
    retentionDays: 90,
  });
});

test('lists accept spaces; URLs lose their final slash; every form of a key and of DATABASE_URL is accepted', () => {
  const base64 = Buffer.from(KEY, 'hex').toString('base64');
  for (const key of [KEY, KEY.toUpperCase(), base64, base64.replace('=', '')]) {
    expect(readConfig({ FAIRLEAD_SECRET_KEY: key }).secretKey).toBe(key);
  }
  for (const url of ['postgres://u:p@h/db', 'postgresql://h', 'postgres://u:p@/db?host=/run/postgresql']) {
    expect(readConfig({ DATABASE_URL: url, FAIRLEAD_SECRET_KEY: KEY }).databaseUrl).toBe(url);
  }
  const config = readConfig({
    FAIRLEAD_EGRESS_ALLOW: ' 10.0.0.0/8 , fd00::/8,',
    FAIRLEAD_SERVICES: 'worker, api',
    FAIRLEAD_PUBLIC_URL: 'https://crm.example.com/',
  });
  expect(config.egressAllow).toEqual(['10.0.0.0/8', 'fd00::/8']);
  expect(config.services).toEqual(['worker', 'api']);
  expect(config.publicUrl).toBe('https://crm.example.com');
});

function refusal(settings: Record<string, string>): string {
  let caught: unknown;
  try {
    readConfig(settings);
  } catch (error) {
    caught = error;
  }
  if (!(caught instanceof StartError)) throw new Error(`not refused: ${JSON.stringify(settings)}`);
  return caught.message;
}
