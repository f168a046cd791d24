import { execFile } from 'node:child_process';
import { createHmac, timingSafeEqual } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import path from 'node:path';
import { promisify } from 'node:util';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PROJECT, startProgram, temporaryDirectory, until, untilReady } from './kit/process.ts';
import { startReceiver, type Received } from './kit/receiver.ts';

const run = promisify(execFile);

interface Packed {
  filename: string;
  /** Bytes of the package, and unpacked. */
  size: number;
  unpackedSize: number;
  files: { path: string; mode: number }[];
}

describe('the package of npm pack', () => {
  let home: string;
  let packed: Packed;
  beforeAll(async () => {
    home = await temporaryDirectory('pack');
    packed = await pack(home);
  });
  afterAll(() => rm(home, { recursive: true, force: true, maxRetries: 5 }));

  test('contains the program and its documents, no tests, measurements or sources: less than 2 MB to download, 3 MB unpacked', () => {
    const names = packed.files.map((file) => file.path);
    expect(names).toEqual(expect.arrayContaining(['package.json', 'README.md', 'LICENSE', 'dist/main.js']));
    expect(names).toContain('docs/configuration.md');
    const known = /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|(dist|docs|examples)\/.+)$/;
    expect(names.filter((name) => !known.test(name))).toEqual([]);
    // A piece of the dashboard may be called `send-test`.
    const others = names.filter((name) => !name.startsWith('dist/web/assets/'));
    expect(others.filter((name) => /\btests?\b|\.test\.|\bperf\b|\.ts$/.test(name))).toEqual([]);
    expect(packed.size).toBeLessThan(2_000_000);
    expect(packed.unpackedSize).toBeLessThan(3_000_000);
  });

  test('contains exactly what the build makes of the current sources', async () => {
    const fresh = path.join(home, 'fresh');
    const vite = path.join(PROJECT, 'node_modules/vite/bin/vite.js');
    const args = [vite, 'build', '--config', 'vite.server.config.ts', '--outDir', fresh];
    await run(process.execPath, args, { cwd: PROJECT });
    const unpacked = path.join(home, 'unpacked');
    await mkdir(unpacked);
    await run('tar', ['-xzf', path.join(home, packed.filename), '-C', unpacked]);
    const dist = path.join(unpacked, 'package/dist');
    const sql = (await filesIn(path.join(PROJECT, 'src'))).filter((file) => file.endsWith('.sql'));
    expect(sql.length).toBeGreaterThan(0);
    const bundled = await filesIn(fresh);
    expect(bundled).toContain('main.js');
    // Worker threads load them by their path.
    const workers = [
      'events/schema-check.js',
      'events/schema-worker.js',
      'messaging/inbound/mail-worker.js',
      'scheduling/availability/calendar-worker.js',
    ];
    const program = (await filesIn(dist)).filter((file) => !file.startsWith(`web${path.sep}`));
    expect(program.toSorted()).toEqual([...bundled, ...sql, ...workers].toSorted());
    for (const [from, files] of [
      [fresh, bundled],
      [path.join(PROJECT, 'src'), sql],
      [path.join(PROJECT, 'dist'), workers],
    ] as const) {
      for (const file of files) {
        expect(await readFile(path.join(dist, file), 'utf8'), file).toBe(
          await readFile(path.join(from, file), 'utf8'),
        );
      }
    }
  });

  test('contains the dashboard: its page, and the assets that it names, compressed, without their sources', () => {
    const names = packed.files.map((file) => file.path).filter((name) => name.startsWith('dist/web/'));
    expect(names).toContain('dist/web/index.html');
    const forms = ['booking.js', 'embed.js', 'form.css', 'form.js', 'proof-worker.js'].map(
      (name) => `dist/web/public/${name}.br`,
    );
    expect(names).toEqual(expect.arrayContaining(forms));
    const assets = names.filter((name) => name !== 'dist/web/index.html' && !forms.includes(name));
    expect(
      assets.filter((name) => !/^dist\/web\/assets\/[\w.-]+-[\w-]{8}\.(js|css|svg)\.br$/.test(name)),
    ).toEqual([]);
    expect(assets.some((name) => name.endsWith('.js.br'))).toBe(true);
    expect(assets.some((name) => name.endsWith('.css.br'))).toBe(true);
  });

  test('installed in an empty project, npx fairlead serves: a contact reaches receivers of both formats', async () => {
    const project = path.join(home, 'project');
    await mkdir(project);
    await writeFile(path.join(project, 'package.json'), '{"name":"somebody","private":true}');
    const quiet = ['--no-audit', '--no-fund', '--loglevel=error', '--prefer-offline'];
    const install = ['install', path.join(home, packed.filename), ...quiet];
    const installed = await startProgram('npm', install, { cwd: project }).exited;
    expect(installed.code, installed.stderr).toBe(0);
    const main = path.join(project, 'node_modules/fairlead/dist/main.js');
    expect((await stat(main)).mode & 0o111).toBe(process.platform === 'win32' ? 0 : 0o111);

    const program = startProgram('npx', ['fairlead'], {
      cwd: project,
      env: { PORT: '0', FAIRLEAD_EGRESS_ALLOW: '127.0.0.0/8' },
      group: true,
    });
    const receivers = { standard: await startReceiver(), axocrm: await startReceiver() };
    try {
      const server = await untilReady(program);
      const secrets: Record<string, string> = {};
      for (const [format, { url }] of Object.entries(receivers)) {
        const body = { name: format, url, events: ['contact.created'], format };
        const made = await server.ask('POST', '/api/v1/webhooks', { body });
        expect(made.status, made.text).toBe(201);
        secrets[format] = made.json.secret;
      }
      const person = { first_name: 'Jane', email: 'jane@example.com' };
      const contact = (await server.ask('POST', '/api/v1/contacts', { body: person })).json;

      const [standard] = await receivers.standard.waitFor(1, 20_000);
      const rendered = new Webhook(secrets['standard']!).verify(text(standard!), flat(standard!.headers));
      expect(rendered).toMatchObject({ type: 'contact.created', data: { id: contact.id, ...person } });
      const changed = `${text(standard!)} `;
      expect(() => new Webhook(secrets['standard']!).verify(changed, flat(standard!.headers))).toThrow(
        'No matching signature',
      );

      const [axo] = await receivers.axocrm.waitFor(1, 20_000);
      expect(verify(text(axo!), flat(axo!.headers), secrets['axocrm']!)).toBe(true);
      expect(verify(`${text(axo!)} `, flat(axo!.headers), secrets['axocrm']!)).toBe(false);
      expect(JSON.parse(text(axo!)).data.object).toMatchObject({ type: 'contact', id: contact.id });
      expect(text(axo!)).not.toContain('Jane');
    } finally {
      program.kill('SIGTERM');
      await program.exited;
      await Promise.all(Object.values(receivers).map((item) => item.close()));
    }
    // npx ends at once; the server drains, and stops its database.
    await until(() => program.stderr.includes('"stopped"'));
    expect(await readdir(path.join(project, 'data/lock'))).toEqual([]);
  });
});

async function pack(to: string): Promise<Packed> {
  const args = ['pack', '--json', '--pack-destination', to, '--loglevel=error'];
  const { code, stdout, stderr } = await startProgram('npm', args).exited;
  expect(code, stderr).toBe(0);
  return (JSON.parse(stdout) as [Packed])[0];
}

/** The receiver from axoCRM's documentation; only the types are added. */
function verify(rawBody: string, headers: Record<string, string>, secret: string): boolean {
  const ts = headers['x-axocrm-timestamp'];
  const sig = (headers['x-axocrm-signature'] || '').replace('sha256=', '');
  const expected = createHmac('sha256', secret).update(`${ts}.${rawBody}`).digest('hex');
  return sig.length === expected.length && timingSafeEqual(Buffer.from(sig), Buffer.from(expected));
}

function text(request: Received): string {
  return request.rawBody.toString();
}

function flat(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}

/** Paths below `dir`, at any depth. */
async function filesIn(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(dir, path.join(entry.parentPath ?? entry.path, entry.name)));
}
