import path from 'node:path';
import {
  createServer as createTcp,
  connect,
  type AddressInfo,
  type Server as TcpServer,
  type Socket,
} from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { FORMATS } from '../src/catalogue.ts';
import {
  makeInstallation,
  PROJECT,
  startProgram,
  until,
  type Installation,
  type Program,
  type Server,
} from './kit/process.ts';
import { startReceiver } from './kit/receiver.ts';

let product: Installation;
let server: Server;
beforeAll(async () => {
  product = await makeInstallation();
  server = await product.start();
});
afterAll(() => product.remove());

const started: Program[] = [];
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const undo of cleanups.splice(0).reverse()) await undo();
  for (const program of started.splice(0)) {
    program.kill('SIGKILL');
    await program.exited;
  }
});

function launch(args: readonly string[], env: Record<string, string> = {}): Program {
  const program = product.launch(['listen', ...args], env);
  started.push(program);
  return program;
}

async function addContact(name = 'Jane'): Promise<string> {
  const reply = await server.ask('POST', '/api/v1/contacts', { body: { first_name: name } });
  expect(reply.status, reply.text).toBe(201);
  return reply.json.id;
}

/** A receiver from examples/, which verifies requests; on a free port. */
async function verifier(format: string, secret: string): Promise<{ url: string; program: Program }> {
  const file = path.join(PROJECT, 'examples', `verify-${format}.mjs`);
  const free = createTcp().listen(0, '127.0.0.1');
  await until(() => free.listening);
  const { port } = free.address() as AddressInfo;
  await new Promise((resolve) => free.close(resolve));
  const program = startProgram(process.execPath, [file, String(port)], { env: { WEBHOOK_SECRET: secret } });
  started.push(program);
  await program.says(/listening on/);
  return { url: `http://127.0.0.1:${port}/hook`, program };
}

describe('fairlead listen', () => {
  test.each([...FORMATS.values()])(
    '$name: each event is verified by the example receiver, and printed as a line; Ctrl-C ends it',
    async (format) => {
      const secret = format.makeSecret();
      const { url, program } = await verifier(format.name, secret);
      const listening = launch([
        '--forward-to',
        url,
        '--format',
        format.name,
        '--secret',
        secret,
        '--url',
        server.url,
      ]);
      await listening.says(/^Listening\.$/m);
      await addContact();
      expect((await listening.says(/^contact\.created evt_[0-9a-f]{32} (.+)$/m))[1]).toMatch(
        /^204 in \d+ ms$/,
      );
      await program.says(/^verified \{/m);
      expect(program.stdout).not.toContain('REFUSED');
      listening.kill('SIGINT');
      expect(await listening.exited).toMatchObject({ code: 0, signal: null, stderr: '' });
    },
  );

  test('--forward-to alone is enough with a server on this machine; the secret is generated and shown', async () => {
    const port = new URL(server.url).port;
    const receiver = await startReceiver();
    cleanups.push(() => receiver.close());
    const listening = launch(['--forward-to', `${receiver.url}/hook?a=1`], { PORT: port });
    const [, secret] = await listening.says(/signed with the secret (whsec_\S+)/);
    await listening.says(/^Listening\.$/m);
    const id = await addContact();
    const [got] = await receiver.waitFor(1);
    const { Webhook } = await import('standardwebhooks');
    const body = new Webhook(secret!).verify(got!.rawBody, got!.headers as Record<string, string>);
    expect(body).toMatchObject({ type: 'contact.created', data: { id, first_name: 'Jane' } });
    expect(got).toMatchObject({ method: 'POST', url: '/hook?a=1' });
    expect(got!.headers['user-agent']).toBe('Fairlead-Webhooks/1');
    listening.kill('SIGTERM');
    expect((await listening.exited).code).toBe(0);
  });

  test('a webhook and listen send the same request, except for the signature', async () => {
    const receiver = await startReceiver();
    cleanups.push(() => receiver.close());
    const hook = { name: 'hook', url: `${receiver.url}/webhook`, events: ['deal.created'], format: 'axocrm' };
    const { id } = (await server.ask('POST', '/api/v1/webhooks', { body: hook })).json;
    const listening = launch(
      [
        '--forward-to',
        `${receiver.url}/listen`,
        '--events',
        'deal.created',
        '--format',
        'axocrm',
        '--url',
        server.url,
      ],
      { FAIRLEAD_API_KEY: server.key },
    );
    await listening.says(/^Listening\.$/m);
    await addContact();
    expect((await server.ask('POST', '/api/v1/deals', { body: { name: 'Deal', value: 12.5 } })).status).toBe(
      201,
    );
    const got = await receiver.waitFor(2);
    await server.ask('DELETE', `/api/v1/webhooks/${id}`);
    const [a, b] = got.map(({ rawBody, headers }) => [
      rawBody.toString(),
      headers['content-type'],
      headers['x-axocrm-event'],
    ]);
    expect(got.map(({ url }) => url).toSorted()).toEqual(['/listen', '/webhook']);
    expect(a).toEqual(b);
    expect(listening.stdout).not.toContain('contact.created');
  });

  test('a broken connection is restored, and nothing is missed; an error of the server is printed', async () => {
    const line = await between(new URL(server.url).port);
    cleanups.push(line.close);
    const receiver = await startReceiver();
    cleanups.push(() => receiver.close());
    receiver.answer((_request, n) => (n === 2 ? { status: 500 } : {}));
    const listening = launch(['--forward-to', receiver.url, '--url', line.url, '--key', server.key]);
    await listening.says(/^Listening\.$/m);
    line.cut();
    for (const name of ['One', 'Two']) await addContact(name);
    await receiver.waitFor(2);
    line.cut();
    for (const name of ['Three', 'Four']) await addContact(name);
    const names = (await receiver.waitFor(4)).map(
      ({ rawBody }) => JSON.parse(rawBody.toString()).data.first_name,
    );
    expect(names).toEqual(['One', 'Two', 'Three', 'Four']);
    await listening.says(/(contact\.created evt_\w+ .+\n){4}/);
    expect(listening.stdout.match(/ 500 in /g)).toHaveLength(1);
    expect(listening.stderr).toMatch(/Connection lost .+; retrying\./);
    receiver.answer(() => ({ reset: true }));
    await addContact('Five');
    await listening.says(/ failed: \w+/);
  });

  test('ends when its key loses the scope, before any later event', async () => {
    const receiver = await startReceiver();
    cleanups.push(() => receiver.close());
    const made = { name: 'l', scopes: ['events:read', 'contacts:read'] };
    const { key, id } = (await server.ask('POST', '/api/v1/api-keys', { body: made })).json;
    const listening = launch(['--forward-to', receiver.url, '--url', server.url, '--key', key]);
    await listening.says(/^Listening\.$/m);
    const body = { scopes: ['contacts:read'] };
    expect((await server.ask('PATCH', `/api/v1/api-keys/${id}`, { body })).status).toBe(200);
    await addContact('Secret');
    const { code, stderr } = await listening.exited;
    expect(code).toBe(4);
    expect(stderr).toContain('403');
    expect(receiver.received).toEqual([]);
  });

  test('ends when its key is revoked', async () => {
    const { key, id } = (
      await server.ask('POST', '/api/v1/api-keys', { body: { name: 'l', scopes: ['events:read'] } })
    ).json;
    const listening = launch(['--forward-to', 'http://localhost:9/', '--url', server.url, '--key', key]);
    await listening.says(/^Listening\.$/m);
    expect((await server.ask('DELETE', `/api/v1/api-keys/${id}`)).status).toBeLessThan(300);
    const end = await listening.exited;
    expect(end.code).toBe(4);
    expect(end.stderr).toMatch(/^fairlead: The server answers 401: .+\n$/);
  });

  test.each([
    [[], '--forward-to is required'],
    [['--forward-to', 'localhost:4000'], '--forward-to must be a URL'],
    [
      ['--forward-to', 'http://localhost:4000', '--format', 'morse'],
      '--format must be one of standard, axocrm',
    ],
    [['--forward-to', 'http://localhost:4000', '--secret', 'short'], '--secret must be whsec_'],
    [['--forward-to', 'http://localhost:4000', '--port', '4000'], '--port'],
    [['--forward-to', 'http://localhost:4000', '--url', 'ftp://x'], '--url must be'],
    [['--forward-to', 'http://localhost:4000', '--url', 'https://crm.example.com'], 'No API key'],
    [['--forward-to', 'http://localhost:4000'], 'PORT is 0'],
    [
      ['--forward-to', 'http://localhost:4000', '--url', 'http://127.0.0.1:9', '--key', 'k'],
      'No Fairlead server',
      75,
    ],
    [['--forward-to', 'http://localhost:4000', '--url', 'SERVER', '--key', 'fl_live_no'], 'answers 401', 4],
    [
      ['--forward-to', 'http://localhost:4000', '--url', 'SERVER', '--events', 'contact.sneezed'],
      'contact.sneezed',
    ],
  ])('%j is refused in one line', async (args, said, code = 2) => {
    const end = await launch(args.map((arg) => (arg === 'SERVER' ? server.url : arg))).exited;
    expect(end.code).toBe(code);
    expect(end.stderr).toContain(said);
    expect(end.stderr).toMatch(/^fairlead: .+\n$/);
  });
});

/** A proxy to a port that can be cut; it accepts new connections afterwards. */
async function between(port: string) {
  const sockets = new Set<Socket>();
  const wire: TcpServer = createTcp((socket) => {
    const far = connect(Number(port), '127.0.0.1');
    for (const item of [socket, far]) {
      sockets.add(item);
      item.on('error', () => {}).on('close', () => sockets.delete(item));
    }
    socket.pipe(far).pipe(socket);
  }).listen(0, '127.0.0.1');
  await until(() => wire.listening);
  const cut = () => {
    for (const item of sockets) item.destroy();
  };
  return {
    url: `http://127.0.0.1:${(wire.address() as AddressInfo).port}`,
    cut,
    close() {
      cut();
      wire.close();
    },
  };
}
