import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { automatenexusFormat } from '../src/integrations/automatenexus/automatenexus-format.ts';
import { axcelerateFormat } from '../src/integrations/axcelerate/axcelerate-format.ts';
import { axocrmFormat } from '../src/integrations/axocrm/axocrm-format.ts';
import { standardFormat } from '../src/integrations/standard-webhooks/standard-webhooks-format.ts';
import { PROJECT } from './kit/process.ts';
import { startScenario, type Scenario } from './kit/scenario.ts';

const run = promisify(execFile);
const FORMATS = [standardFormat, axocrmFormat, automatenexusFormat, axcelerateFormat];

/** A language of the examples: its prerequisite, and the command that runs a receiver. */
interface Language {
  ending: string;
  needs: [string, string];
  command(file: string, port: number): Promise<[string, ...string[]]>;
}

let scratch: string;
const LANGUAGES: Language[] = [
  {
    ending: 'mjs',
    needs: [process.execPath, '--version'],
    command: async (file, port) => [process.execPath, file, String(port)],
  },
  {
    ending: 'py',
    needs: ['python3', '--version'],
    command: async (file, port) => ['python3', file, String(port)],
  },
  {
    ending: 'go',
    needs: ['go', 'version'],
    // `go run` would leave its program running when it is stopped.
    async command(file, port) {
      const program = path.join(scratch, path.basename(file, '.go'));
      await run('go', ['build', '-o', program, file]);
      return [program, String(port)];
    },
  },
  {
    ending: 'php',
    needs: ['php', '--version'],
    command: async (file, port) => ['php', '-S', `127.0.0.1:${port}`, file],
  },
];
/** In CI all languages have to be installed (.ci/run). */
const here = ({ needs: [program, requested] }: Language) =>
  process.env['CI'] === 'true' || spawnSync(program, [requested]).status === 0;

describe('the receivers in examples/', () => {
  let s: Scenario;
  beforeAll(async () => {
    scratch = await mkdtemp(path.join(tmpdir(), 'fairlead-examples-'));
    s = await startScenario();
  });
  afterAll(async () => {
    await s.stop();
    await rm(scratch, { recursive: true, force: true });
  });

  // On a developer's machine, languages that are not installed are skipped.
  describe.each(LANGUAGES)('in $ending', (language) => {
    test.runIf(here(language)).each(FORMATS)(
      '$name: deliveries are verified, and not with another secret',
      async (format) => {
        const secret = format.makeSecret();
        const port = await freePort();
        const file = path.join(PROJECT, 'examples', `verify-${format.name}.${language.ending}`);
        const [program, ...args] = await language.command(file, port);
        const receiver = spawn(program, args, {
          env: { ...process.env, WEBHOOK_SECRET: secret },
          stdio: ['ignore', 'pipe', 'pipe'],
        });
        let output = '';
        for (const stream of [receiver.stdout, receiver.stderr])
          stream.setEncoding('utf8').on('data', (text: string) => (output += text));
        try {
          await listening(port, receiver);
          const { json } = await s.ask('POST', '/api/v1/webhooks', {
            body: {
              name: 'example',
              url: `http://127.0.0.1:${port}/`,
              events: ['contact.created'],
              format: format.name,
              secret,
              retry: { max: 0 },
            },
          });
          const hook = `/api/v1/webhooks/${json.id}`;
          const last = async () => {
            const { data } = (await s.ask('GET', `${hook}/deliveries`)).json;
            return { count: data.length, state: data[0]?.state, status: data[0]?.last_status };
          };
          const contact = { body: { first_name: 'Zoë', notes: '"quoted" & <angled>' } };
          await s.ask('POST', '/api/v1/contacts', contact);
          await expect.poll(last, { timeout: 10_000 }).toEqual({ count: 1, state: 'delivered', status: 204 });

          const summary = format === axcelerateFormat ? /contact\.contact_created: contact \d+$/m : /./;
          await expect.poll(() => output).toMatch(summary);
          const overlap = format.rotationOverlaps ? { overlap_s: 0 } : {};
          await s.ask('POST', `${hook}/rotate-secret`, { body: overlap });
          await s.ask('POST', '/api/v1/contacts', contact);
          await expect.poll(last, { timeout: 10_000 }).toEqual({ count: 2, state: 'failed', status: 401 });
          await s.ask('DELETE', hook);
        } finally {
          receiver.kill('SIGKILL');
        }
      },
      120_000,
    );
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Resolves once the port accepts connections; rejects if the program ends first. */
async function listening(port: number, program: ChildProcess): Promise<void> {
  while (program.exitCode === null) {
    const socket = connect(port, '127.0.0.1');
    const open = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    });
    socket.destroy();
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`the receiver ended with ${program.exitCode}`);
}
