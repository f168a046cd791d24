import { describe, expect, test } from 'vitest';
import { readConfig } from '../src/config.ts';

describe('settings', () => {
  test('have defaults', () => {
    expect(readConfig({})).toMatchObject({
      port: 3000,
      host: '127.0.0.1',
      dataDir: './data',
      services: ['api', 'worker', 'web'],
      egressAllow: [],
    });
  });

  test('an empty value is the default', () => {
    expect(readConfig({ PORT: '', FAIRLEAD_SERVICES: '' })).toMatchObject({
      port: 3000,
      services: ['api', 'worker', 'web'],
    });
  });

  test('lists are separated by commas, spaces ignored', () => {
    expect(readConfig({ FAIRLEAD_EGRESS_ALLOW: '10.0.0.0/8, fd00::/8,' }).egressAllow).toEqual([
      '10.0.0.0/8',
      'fd00::/8',
    ]);
  });

  test.each([
    [{ FAIRLEAD_PROT: '1' }, /^FAIRLEAD_PROT is not a setting/],
    [{ PORT: 'http' }, /^PORT /],
    [{ PORT: '70000' }, /^PORT /],
    [{ PORT: '3000.5' }, /^PORT /],
    [{ FAIRLEAD_SERVICES: 'api,wroker' }, /^FAIRLEAD_SERVICES .*entry 2/],
    [{ FAIRLEAD_EGRESS_ALLOW: '10.0.0.0' }, /^FAIRLEAD_EGRESS_ALLOW /],
    [{ FAIRLEAD_EGRESS_ALLOW: '10.0.0.0/33' }, /^FAIRLEAD_EGRESS_ALLOW /],
    [{ FAIRLEAD_SECRET_KEY: 'hunter2' }, /^FAIRLEAD_SECRET_KEY /],
    [{ DATABASE_URL: 'mysql://root:pw@db/x' }, /^DATABASE_URL /],
    [{ DATABASE_URL: 'postgres://db/x' }, /^FAIRLEAD_SECRET_KEY must be set/],
    [{ FAIRLEAD_PUBLIC_URL: 'crm.example.com' }, /^FAIRLEAD_PUBLIC_URL /],
    [{ FAIRLEAD_RETENTION_DAYS: '30' }, /^FAIRLEAD_RETENTION_DAYS /],
    [{ FAIRLEAD_LOG_LEVEL: 'loud' }, /^FAIRLEAD_LOG_LEVEL /],
  ])('%j is refused in one line that names the setting', (env: Record<string, string>, message) => {
    expect(() => readConfig(env)).toThrow(message);
    expect(() => readConfig(env)).not.toThrow(/\n/);
  });

  test('a secret value is never repeated', () => {
    for (const env of [{ FAIRLEAD_SECRET_KEY: 'hunter2' }, { DATABASE_URL: 'mysql://root:hunter2@db/x' }]) {
      expect(() => readConfig(env)).not.toThrow(/hunter2/);
    }
  });
});
