import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { codeBlocks, runnable } from '../kit/recipe.ts';
import { startReceiver, type Received, type Receiver } from '../kit/receiver.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';

const require = createRequire(import.meta.url);

describe('the Code node of receivers.md, with the output of n8n’s Webhook node', () => {
  let s: Scenario;
  let receiver: Receiver;
  let code: string;
  let secret: string;
  let sent: Received;
  beforeAll(async () => {
    s = await startScenario();
    receiver = await startReceiver();
    [code = ''] = await codeBlocks('receivers.md', 'js');
    const body = { name: 'n8n', url: receiver.url, events: ['contact.created'], format: 'standard' };
    secret = (await s.ask('POST', '/api/v1/webhooks', { body })).json.secret;
    await s.ask('POST', '/api/v1/contacts', { body: { first_name: 'Zoë', notes: '"quoted" & <angled>' } });
    [sent] = (await receiver.waitFor(1)) as [Received];
  });
  afterAll(async () => {
    await receiver.close();
    await s.stop();
  });

  /** @param body the received body; with the option Raw Body it is available as binary data */
  function codeNode(body: Buffer, headers: object, under = secret): Promise<{ json: object }[]> {
    const items = [{ json: { headers, params: {}, query: {}, body: JSON.parse(body.toString()) } }];
    const self = {
      helpers: {
        getBinaryDataBuffer: async (n: number, name: string) =>
          n === 0 && name === 'data' ? body : Buffer.alloc(0),
      },
    };
    const around = { $input: { all: () => items }, require };
    return runnable(code.replace('whsec_yoursecret', under), around, { self });
  }

  test('accepts what Fairlead sent, and returns the event', async () => {
    const [event, ...more] = await codeNode(sent.rawBody, sent.headers);
    expect(more).toEqual([]);
    expect(event!.json).toMatchObject({
      id: sent.headers['webhook-id'],
      type: 'contact.created',
      data: { first_name: 'Zoë' },
    });
  });

  test.each<[string, () => Promise<unknown>, string]>([
    [
      'another body',
      () => codeNode(Buffer.concat([sent.rawBody, Buffer.from(' ')]), sent.headers),
      'was not signed',
    ],
    ['no headers', () => codeNode(sent.rawBody, {}), 'was not signed'],
    [
      'another secret',
      () => codeNode(sent.rawBody, sent.headers, `whsec_${Buffer.alloc(32).toString('base64')}`),
      'was not signed',
    ],
    [
      'another time',
      () => codeNode(sent.rawBody, { ...sent.headers, 'webhook-timestamp': '1' }),
      'was not signed',
    ],
  ])('throws for %s', async (_name, run, message) => {
    await expect(run()).rejects.toThrow(message);
  });

  test('throws for an old timestamp, even with a correct signature', async () => {
    const later = vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 310_000);
    try {
      await expect(codeNode(sent.rawBody, sent.headers)).rejects.toThrow('long ago');
    } finally {
      later.mockRestore();
    }
  });
});
