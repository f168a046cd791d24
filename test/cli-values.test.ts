import { execFile } from 'node:child_process';
import { writeFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { StartError } from '../src/base/errors.ts';
import { runCommand } from '../src/cli/command.ts';
import { urlOf } from './kit/database.ts';
import { MAIN, temporaryDirectory } from './kit/process.ts';
import { startScenario, type Scenario } from './kit/scenario.ts';
import { HOSTILE_VALUES } from './hostile/values.ts';

const NOWHERE = '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c21';
const KEY = `fl_live_${'s3cret'.repeat(6)}`.slice(0, 40);
const SECRET = `whsec_${Buffer.alloc(24, 's').toString('base64')}`;
const LONG = 'x'.repeat(10_000);

let s: Scenario;
let home: string;
beforeAll(async () => {
  s = await startScenario({ FAIRLEAD_SERVICES: 'api' });
  home = await temporaryDirectory('values');
});
afterAll(async () => {
  await s.stop();
  await rm(home, { recursive: true, force: true });
});

interface Refusal {
  message: string;
  exit: number;
}

/** The refusal of a command; null if it succeeds. */
async function refusal(args: string[]): Promise<Refusal | null> {
  const out = [vi.spyOn(console, 'log'), vi.spyOn(console, 'error')].map((spy) =>
    spy.mockImplementation(() => undefined),
  );
  const env = { DATABASE_URL: urlOf(s.connection), FAIRLEAD_SECRET_KEY: '5'.repeat(64) };
  try {
    await runCommand(args, env);
    return null;
  } catch (error) {
    // Anything else would print a stack trace.
    if (!(error instanceof StartError)) throw error;
    return { message: error.message, exit: error.exit };
  } finally {
    for (const spy of out) spy.mockRestore();
  }
}

/** Values that no option accepts. */
const HOSTILE = {
  nothing: '',
  blanks: '   ',
  'a NUL': 'a\0b',
  'a lone surrogate': 'a\ud800b',
  'bytes that are not UTF-8': 'Jos\ufffd',
  'ten thousand characters': LONG,
  'a line break': 'a\nb',
  'terminal control characters': '\u001b[2J',
  'invisible characters': '\u200b\u200d',
};

/** The options of all commands, each in a call that is valid except for the value. */
const CALLS: [option: string, call: (value: string) => string[]][] = [
  ['--name', (value) => ['workspace', 'create', `--name=${value}`]],
  ['--plan', (value) => ['workspace', 'create', '--name', 'x', `--plan=${value}`]],
  ['plan', (value) => ['workspace', 'plan', NOWHERE, '--', value]],
  ['id', (value) => ['workspace', 'plan', '--', value, 'paid']],
  ['--name', (value) => ['key', 'create', `--name=${value}`]],
  ['--scopes', (value) => ['key', 'create', '--name', 'x', `--scopes=${value}`]],
  ['--style', (value) => ['key', 'create', '--name', 'x', `--style=${value}`]],
  ['--expires', (value) => ['key', 'create', '--name', 'x', `--expires=${value}`]],
  ['--workspace', (value) => ['key', 'create', '--name', 'x', `--workspace=${value}`]],
  ['id', (value) => ['key', 'revoke', '--', value]],
  ['--email', (value) => ['user', 'create', '--name', 'x', `--email=${value}`]],
  ['--name', (value) => ['user', 'create', '--email', 'x@acme.example', `--name=${value}`]],
  ['--role', (value) => ['user', 'create', '--email', 'x@acme.example', '--name', 'x', `--role=${value}`]],
  [
    '--workspace',
    (value) => ['user', 'create', '--email', 'x@acme.example', '--name', 'x', `--workspace=${value}`],
  ],
  ['--email', (value) => ['user', 'reset', `--email=${value}`]],
  ['--forward-to', (value) => ['listen', `--forward-to=${value}`]],
  ['--events', (value) => ['listen', '--forward-to=http://localhost:9', `--events=${value}`]],
  ['--format', (value) => ['listen', '--forward-to=http://localhost:9', `--format=${value}`]],
  ['--secret', (value) => ['listen', '--forward-to=http://localhost:9', `--secret=${value}`]],
  ['--url', (value) => ['listen', '--forward-to=http://localhost:9', `--url=${value}`]],
  ['--key', (value) => ['listen', '--forward-to=http://localhost:9', `--key=${value}`]],
  ['--key-file', (value) => ['listen', '--forward-to=http://localhost:9', `--key-file=${value}`]],
  ['argument', (value) => ['workspace', 'list', '--', value]],
  ['argument', (value) => ['deliver', '--', value]],
  ['argument', (value) => ['migrate', '--', value]],
  ['argument', (value) => ['doctor', '--', value]],
];

describe.each(Object.entries(HOSTILE))('%s', (what, value) => {
  test.each(CALLS)('as %s: exit code 2, and one line that names it (%#)', async (option, call) => {
    const end = await refusal(call(value));
    // Names and addresses are trimmed, and scopes are a list; all are then valid.
    expect(end, what).not.toBe(null);
    expect(end!.exit).toBe(2);
    expect(end!.message).not.toMatch(/\p{Cc}/u);
    expect(end!.message.length).toBeLessThan(1_000);
    expect(end!.message).toContain(option.startsWith('--') ? option : ' ');
  });
});

/** The table for all entry points, as far as a command line can express it. */
const FROM_THE_TABLE = HOSTILE_VALUES.flatMap(({ name, query }) =>
  query === undefined || /%(?:ED|00)/.test(query) ? [] : [[name, decodeURIComponent(query)] as const],
);

test.each(FROM_THE_TABLE)('%s, in any position, is accepted or refused in one line', async (_name, value) => {
  for (const [option, call] of CALLS) {
    const end = await refusal(call(value));
    expect(end?.message.includes('\n') ?? false, `${option}: ${end?.message}`).toBe(false);
    // 1: the account exists from the call before; 75: `listen` reaches no server here.
    expect([1, 2, 3, 75], option).toContain(end?.exit ?? 2);
  }
});

const WRONG: [args: string[], named: string, exit: number][] = [
  [['user', 'create', '--email', 'not an email', '--name', 'x'], '--email must be an email address', 2],
  [['user', 'create', '--email', 'a@b@c', '--name', 'x'], '--email must be an email address', 2],
  [['user', 'reset', '--email', 'not an email'], '--email must be an email address', 2],
  [['user', 'reset', '--email', 'nobody@acme.example'], 'No account with this email', 3],
  [['user', 'create', '--email', 'x@acme.example', '--name'], '--name needs a value', 2],
  [['user', 'create', '--email', '--name', 'x'], '--email needs a value', 2],
  [['key', 'create', '--name', 'x', '--expires', '0000-01-01'], '--expires', 2],
  [['key', 'create', '--name', 'x', '--expires', '2099-02-31'], '--expires must be a date', 2],
  [['key', 'create', '--name', 'x', '--expires', '2099-01-31T25:00:00Z'], '--expires must be a date', 2],
  [['key', 'create', '--name', 'x', '--expires', '2099-01-31T00:00:00+99:00'], '--expires must be a date', 2],
  [['key', 'create', '--name', 'x', '--expires', '9999-12-31T23:59:59-15:00'], '--expires must be a date', 2],
  [['key', 'create', '--name', 'x', '--expires', '+275760-09-13'], '--expires must be a date', 2],
  [['key', 'create', '--name', 'x', '--expires', '1e400'], '--expires must be a date', 2],
  [['key', 'create', '--name', 'x', '--scopes', 'contacts:eat'], 'contacts:eat', 2],
  [['key', 'create', '--name', 'x', '--workspace', NOWHERE], NOWHERE, 3],
  [['key', 'create', '--name', 'x', '--workspace', `acc_${NOWHERE.replaceAll('-', '')}`], '--workspace', 2],
  [['user', 'create', '--email', 'x@acme.example', '--name', 'x', '--workspace', NOWHERE], NOWHERE, 3],
  [['key', 'revoke', NOWHERE], NOWHERE, 3],
  [['key', 'revoke', NOWHERE.toUpperCase()], NOWHERE, 3],
  [['key', 'revoke', 'wh_01976d3c2f807c4e9d0a5b1f0e3a7c21'], 'by its id', 2],
  [['key', 'revoke', NOWHERE, NOWHERE], 'arguments', 2],
  [['workspace', 'plan', NOWHERE, 'paid'], NOWHERE, 3],
  [['workspace', 'plan', NOWHERE, 'constructor'], 'constructor is not a plan. Known: ', 2],
  [['workspace', 'plan', NOWHERE, 'standart'], 'standart is not a plan; did you mean standard?', 2],
  [['start', '--port', '1'], 'takes no options', 2],
];

test.each(WRONG)('%j is refused in one line, with its exit code', async (args, named, exit) => {
  const end = await refusal(args);
  expect(end?.exit).toBe(exit);
  expect(end!.message).toContain(named);
  expect(end!.message).not.toContain('\n');
});

test.each(['constructor', 'toString', '__proto__', 'hasOwnProperty', '', '--', '-'])(
  'an inherited object property is not a command: %j',
  async (word) => {
    for (const args of [[word], ['workspace', word]]) {
      const end = await refusal(args);
      expect(end?.exit).toBe(2);
      expect(end!.message).toMatch(/^.* is not a command\.\nfairlead /);
    }
  },
);

describe('a key, a secret or a password is never repeated', () => {
  const URL_WITH = 'http://alice:hunter2-hunter2@127.0.0.1:9/';
  const calls: string[][] = [
    [KEY],
    ['key', KEY],
    ['keys', 'create', '--key', KEY],
    ['login', '--key', KEY],
    ['deliver', '--key', KEY],
    ['deliver', `--key=${KEY}`],
    ['deliver', KEY],
    ['workspace', 'list', KEY],
    ['key', 'revoke', KEY],
    ['workspace', 'plan', KEY, 'paid'],
    ['workspace', 'plan', NOWHERE, KEY],
    ['key', 'create', '--name', 'x', '--scopes', KEY],
    ['key', 'create', '--name', 'x', '--workspace', KEY],
    ['key', 'create', '--name', 'x', `--${KEY}`],
    ['user', 'reset', '--password', 'hunter2-hunter2'],
    ['user', 'reset', '--email', KEY],
    ['user', 'reset', '--email', `${KEY}@acme.example`],
    ['key', 'create', '--name', 'x', '--scopes', 'sk_live_s3cret'],
    ['key', 'create', '--name', 'x', '--scopes', 'contacts:read,hunter2-hunter2'],
    ['key', 'create', '--name', 'x', '--scopes', 'contacts:s3cret'],
    ['workspace', 'plan', NOWHERE, 'hunter2-hunter2'],
    ['workspace', 'create', '--name', 'x', '--plan', 'hunter2'],
    ['listen', '--forward-to', 'http://127.0.0.1:9', '--key', KEY, '--url', `http://127.0.0.1:9/${KEY}`],
    ['listen', '--forward-to', 'http://127.0.0.1:9', '--key', KEY, '--url', 'http://127.0.0.1:9/?key=s3cret'],
    ['listen', '--forward-to', 'http://127.0.0.1:9', '--key', `${KEY}\n`],
    ['listen', '--forward-to', 'http://127.0.0.1:9', '--key', `${KEY}ü`],
    ['listen', '--forward-to', 'http://127.0.0.1:9', '--key', KEY, '--url', 'http://127.0.0.1:9'],
    ['listen', '--forward-to', 'http://127.0.0.1:9', '--key', KEY, '--key-file', '/dev/null'],
    ['listen', '--forward-to', 'http://127.0.0.1:9', '--key-file', KEY],
    ['listen', '--forward-to', 'http://127.0.0.1:9', '--key', KEY, '--url', URL_WITH],
    ['listen', '--forward-to', URL_WITH, '--key', KEY],
    [
      'listen',
      '--forward-to',
      'http://127.0.0.1:9',
      '--key',
      KEY,
      '--secret',
      `${SECRET} `,
      '--format',
      'axocrm',
    ],
    ['listen', '--forward-to', 'http://127.0.0.1:9', '--key', KEY, '--secret', SECRET.slice(0, 20)],
    ['listen', '--forward-to', 'http://127.0.0.1:9', '--key', KEY, '--format', SECRET],
  ];
  test.each(calls)('%j %j %j %j', async (...args) => {
    const { message } = (await refusal(args.filter((arg) => arg !== undefined)))!;
    for (const hidden of ['s3cret', 'hunter2', SECRET.slice(0, 20)]) expect(message).not.toContain(hidden);
  });

  test('also in a file, and as a misplaced argument', async () => {
    const file = path.join(home, 'key');
    const listen = ['listen', '--forward-to', 'http://127.0.0.1:9', '--url', s.url, '--key-file', file];
    await writeFile(file, `${KEY}\n`);
    const refused = (await refusal(listen))!;
    expect(refused).toMatchObject({ exit: 4, message: expect.stringContaining('answers 401') });
    expect(refused.message).not.toContain('s3cret');
    for (const bad of ['', '\n', `${KEY} ${KEY}`, `${KEY}\u00fc`, 'x'.repeat(100_000)]) {
      await writeFile(file, bad);
      const end = (await refusal(listen))!;
      expect(end).toMatchObject({ exit: 2, message: expect.stringContaining('--key-file') });
      expect(end.message).not.toContain('s3cret');
    }
    expect(await refusal([...listen.slice(0, -1), home])).toMatchObject({ exit: 2 });
  });
});

test('the program itself: bytes that are not UTF-8 end with exit code 2 and one line', async () => {
  // The bytes are from a shell; Node would encode them.
  const script = `exec "$0" "$1" key create --name "$(printf 'Jos\\351')"`;
  const env = { PATH: process.env['PATH'], FAIRLEAD_DATA_DIR: path.join(home, 'data') };
  const end = await promisify(execFile)('sh', ['-c', script, process.execPath, MAIN], { env }).then(
    () => null,
    (error: { code: number; stdout: string; stderr: string }) => error,
  );
  expect(end).toMatchObject({
    code: 2,
    stdout: '',
    stderr: 'fairlead: --name is not valid UTF-8 text.\n',
  });
});
