import { gzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { HEAD } from '../kit/odd-answer.ts';
import { startRawReceiver } from '../kit/raw-receiver.ts';
import { startScenario } from '../kit/scenario.ts';

test('a webhook whose receiver answers oddly is called once for each event, and stays active', async () => {
  const receiver = await startRawReceiver();
  onTestFinished(() => receiver.close());
  const scenario = await startScenario();
  const { ask } = scenario;
  try {
    const body = gzipSync('thank you\0');
    const answers = [
      'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n',
      `${HEAD}Content-Length: 3\r\nContent-Length: 4\r\n\r\nok`,
      `HTTP/1.1 100 Continue\r\n\r\n${HEAD}Transfer-Encoding: chunked\r\n\r\nzz\r\n`,
      `${HEAD}Content-Encoding: gzip\r\nContent-Length: ${body.length + 1}\r\n\r\n${body.toString('latin1')}`,
    ];
    const gone = 'HTTP/1.1 410 Gone\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n';
    receiver.answer((socket, n) => void socket.end(answers[n - 1] ?? gone, 'latin1'));
    const { json: webhook } = await ask('POST', '/api/v1/webhooks', {
      body: { name: 'w', url: receiver.url, events: ['contact.created'], disable_after: 1 },
    });
    const path = `/api/v1/webhooks/${webhook.id}`;
    const states = async () =>
      (await ask('GET', `${path}/deliveries`)).json.data.map(
        (item: { state: string; last_status: number }) => [item.state, item.last_status],
      );
    const delivered: [string, number][] = [];
    for (const status of [204, 200, 200, 200]) {
      await ask('POST', '/api/v1/contacts', { body: { first_name: 'Jane' } });
      delivered.unshift(['delivered', status]);
      await expect.poll(states, { timeout: 15_000 }).toEqual(delivered);
    }
    expect(receiver.received).toHaveLength(4);
    expect((await ask('GET', path)).json).toMatchObject({ state: 'active' });
    const [last] = (await ask('GET', `${path}/deliveries`)).json.data;
    const { attempt_log: log } = (await ask('GET', `/api/v1/deliveries/${last.id}`)).json;
    expect(log).toMatchObject([{ number: 1, status: 200, failure: null, response: 'thank you\ufffd' }]);

    // A refusal is named by its status as well.
    await ask('POST', '/api/v1/contacts', { body: { first_name: 'Jane' } });
    await expect.poll(states, { timeout: 15_000 }).toEqual([['failed', 410], ...delivered]);
    expect((await ask('GET', path)).json).toMatchObject({ state: 'disabled' });
  } finally {
    await scenario.stop();
  }
});
