import net from 'node:net';
import { readdir } from 'node:fs/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { makeInstallation, until, type Installation, type Server } from './kit/process.ts';
import { startReceiver, type Receiver } from './kit/receiver.ts';

/** Cleanups of a test, run in reverse order. */
const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const undo of cleanups.splice(0).reverse()) await undo();
});

async function installation(): Promise<Installation> {
  const made = await makeInstallation();
  cleanups.push(() => made.remove());
  return made;
}

async function receiver(): Promise<Receiver> {
  const made = await startReceiver();
  cleanups.push(() => made.close());
  return made;
}

/** Well below the 28 s after which a stop is forced: nothing may have hung. */
const PROMPT_MS = 14_000;

describe('SIGTERM', () => {
  test('finishes running requests, waits for no idle connection, exits 0 and stops PostgreSQL', async () => {
    const product = await installation();
    const server = await product.start();
    const postgres = await product.postgres();
    expect(postgres).toBeGreaterThan(0);

    // Opened and never used; used and kept alive; in the middle of a request.
    const [silent, kept, busy] = await Promise.all([connect(server), connect(server), connect(server)]);
    kept.send('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n');
    await until(() => kept.received().includes('"ok"'));
    const body = JSON.stringify({ first_name: 'Jane' });
    busy.send(`${requestHead(server.key, body)}${body.slice(0, 5)}`);
    // It is running once the server answers a later request.
    expect((await server.ask('GET', '/healthz')).status).toBe(200);

    const began = performance.now();
    server.program.kill('SIGTERM');
    await until(() => server.program.stderr.includes('"stopping"'));
    server.program.kill('SIGTERM');
    await until(() => refuses(server));
    expect(server.program.ended).toBe(false);
    busy.send(body.slice(5));
    await until(() => busy.closed());
    expect(busy.received()).toMatch(/^HTTP\/1\.1 201 Created\r\n/);
    expect(silent.closed() && kept.closed()).toBe(true);

    const { code, signal } = await server.program.exited;
    expect({ code, signal }).toEqual({ code: 0, signal: null });
    expect(performance.now() - began).toBeLessThan(PROMPT_MS);
    expect(isAlive(postgres!)).toBe(false);
    expect(await product.postgres()).toBe(null);

    const again = await product.start();
    const { json } = await again.ask('GET', '/api/v1/contacts', { as: server.key });
    expect(json.data.map((item: { first_name: string }) => item.first_name)).toEqual(['Jane']);
  });

  test('during a delivery finishes it: it is settled, and not sent again', async () => {
    const product = await installation();
    const server = await product.start();
    const slow = await receiver();
    slow.answer(() => ({ delayMs: 3_000 }));
    const webhook = await addWebhook(server, slow.url);
    await addContact(server, 'Jane');
    await slow.waitFor(1);
    const began = performance.now();
    expect((await server.stop()).code).toBe(0);
    expect(performance.now() - began).toBeLessThan(PROMPT_MS);

    slow.answer(() => ({}));
    const again = await product.start();
    const [delivery] = await deliveries(again, server.key, webhook);
    expect(delivery).toMatchObject({ state: 'delivered', attempts: 1, last_status: 200 });
    // If it were still queued, it would come before this one.
    await addContact(again, 'Joe', server.key);
    await slow.waitFor(2);
    expect(slow.received.map(nameIn)).toEqual(['Jane', 'Joe']);
  });

  test('ends requests that wait for events at once', async () => {
    const product = await installation();
    const server = await product.start();
    await addContact(server, 'Jane');
    const { json } = await server.ask('GET', '/api/v1/events');
    const waits = server.ask('GET', `/api/v1/events?after=${json.next_after}&wait=30`);
    await new Promise((resolve) => setTimeout(resolve, 500));
    const began = performance.now();
    const [end, waited] = await Promise.all([server.stop(), waits]);
    expect(end.code).toBe(0);
    expect(waited.json).toEqual({ data: [], has_more: false, next_after: json.next_after });
    expect(performance.now() - began).toBeLessThan(PROMPT_MS);
  });

  test.each(['lock', 'postgres'])(
    'during the first start, when %s was just created, leaves nothing that blocks the next one',
    async (made) => {
      const product = await installation();
      const program = product.launch();
      await until(async () => (await readdir(product.dataDir).catch((): string[] => [])).includes(made));
      program.kill('SIGTERM');
      program.kill('SIGTERM');
      expect((await program.exited).code).toBe(0);
      expect(await product.postgres()).toBe(null);
      const server = await product.start();
      expect((await server.ask('GET', '/readyz')).status).toBe(200);
    },
  );
});

test('after kill -9 the next start continues: all queued deliveries arrive', async () => {
  const product = await installation();
  const server = await product.start();
  const hook = await receiver();
  hook.answer(() => ({ hang: true }));
  await addWebhook(server, hook.url);
  const names = Array.from({ length: 40 }, (_, n) => `Jane ${n}`);
  await Promise.all(names.map((name) => addContact(server, name)));
  // Some are being sent, the others wait behind them.
  const before = (await hook.waitFor(1)).length;
  expect(before).toBeLessThan(names.length);
  server.program.kill('SIGKILL');
  expect((await server.program.exited).signal).toBe('SIGKILL');
  const sent = hook.received.length;
  hook.answer(() => ({}));

  const again = await product.start();
  expect(again.key).toBe('');
  // The dead server's lease on the webhook has to expire first: 15 s.
  await hook.waitFor(sent + names.length, 40_000);
  expect(new Set(hook.received.slice(sent).map(nameIn))).toEqual(new Set(names));
});

async function addWebhook(server: Server, url: string): Promise<string> {
  const { json, status, text } = await server.ask('POST', '/api/v1/webhooks', {
    body: { name: 'a webhook', url: `${url}/hook`, events: ['*'] },
  });
  expect(status, text).toBe(201);
  return json.id;
}

async function addContact(server: Server, name: string, as = server.key): Promise<void> {
  const { status, text } = await server.ask('POST', '/api/v1/contacts', { as, body: { first_name: name } });
  expect(status, text).toBe(201);
}

async function deliveries(server: Server, as: string, webhook: string): Promise<object[]> {
  return (await server.ask('GET', `/api/v1/webhooks/${webhook}/deliveries`, { as })).json.data;
}

function nameIn({ rawBody }: { rawBody: Buffer }): string {
  return JSON.parse(rawBody.toString()).data.first_name;
}

function requestHead(key: string, body: string): string {
  return [
    'POST /api/v1/contacts HTTP/1.1',
    'Host: x',
    `Authorization: Bearer ${key}`,
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
    '\r\n',
  ].join('\r\n');
}

interface Line {
  send(text: string): void;
  received(): string;
  closed(): boolean;
}

/** A raw connection to the server, on which a request can stop half-way. */
async function connect(server: Server): Promise<Line> {
  const socket = net.connect(Number(new URL(server.url).port), '127.0.0.1');
  cleanups.push(() => socket.destroy());
  let received = '';
  let closed = false;
  socket.on('data', (chunk) => (received += chunk.toString()));
  socket.on('close', () => (closed = true));
  socket.on('error', () => {});
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  return { send: (text) => socket.write(text), received: () => received, closed: () => closed };
}

function refuses(server: Server): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(Number(new URL(server.url).port), '127.0.0.1');
    socket.once('connect', () => resolve(false)).once('error', () => resolve(true));
    socket.once('connect', () => socket.destroy());
  });
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
