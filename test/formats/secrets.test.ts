import { afterAll, beforeAll, expect, test } from 'vitest';
import { FORMATS } from '../../src/catalogue.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';

const HOOKS = '/api/v1/webhooks';

let s: Scenario;
beforeAll(async () => {
  s = await startScenario({ FAIRLEAD_SERVICES: 'api' });
});
afterAll(() => s.stop());

const BLANKS = [
  ' ',
  '\t',
  '\n',
  '\u00a0',
  '\u2003',
  '\u3000',
  '\u2028',
  '\ufeff',
  '\u200b',
  '\u2060',
  '\u2800',
];

test.each([...FORMATS.values()])(
  '$name: a secret that begins or ends with a space, or has a control character, is rejected on creation and rotation',
  async (format) => {
    const base = { name: 'w', url: 'http://127.0.0.1:9/', events: ['contact.created'], format: format.name };
    const good = format.makeSecret();
    const made = await s.ask('POST', HOOKS, { body: { ...base, secret: good } });
    expect(made.status, made.text).toBe(201);
    const bad = [
      ...BLANKS.flatMap((blank) => [blank + good, good + blank]),
      `${good.slice(0, 9)}\u0007${good.slice(9)}`,
      `${good.slice(0, 9)}\u0085${good.slice(9)}`,
    ];
    for (const secret of bad) {
      for (const [path, body] of [
        [HOOKS, { ...base, secret }],
        [`${HOOKS}/${made.json.id}/rotate-secret`, { secret }],
      ] as const) {
        const reply = await s.ask('POST', path, { body });
        expect(reply.status, JSON.stringify(secret)).toBe(400);
        expect(reply.json.error.fields[0].field).toBe('secret');
      }
    }
  },
);

test.each(['automatenexus', 'axcelerate'])('%s: a space inside is part of a secret', async (format) => {
  const body = { name: 'w', url: 'http://127.0.0.1:9/', events: ['contact.created'], format };
  const reply = await s.ask('POST', HOOKS, { body: { ...body, secret: 'correct horse bättery' } });
  expect(reply.json.secret).toBe('correct horse bättery');
});
