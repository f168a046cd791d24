import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FLOORS } from '../scripts/floors.mjs';
import { SCOPES } from '../src/catalogue.ts';
import { SETTINGS } from '../src/config.ts';
import { INTEGRATIONS } from '../src/integrations.ts';
import { PROJECT } from './kit/process.ts';
import { bannedFileName, bannedNames, phrasesOfDocument, phrasesOfProgram } from './kit/words.ts';

const run = promisify(execFile);

/** What stands above them all. */
const ROOF = [
  'app.ts',
  'routes.ts',
  'http-assembly.ts',
  'accounts.ts',
  'catalogue.ts',
  'integrations.ts',
  'foundation.ts',
  'mail-assembly.ts',
  'delivery-assembly.ts',
  'modules.ts',
  'main.ts',
  'cli/command.ts',
];
/** Systems whose label is also the word for a part of every installation. */
const GENERIC = new Set(['crm-webhook', 'smtp']);
/** Systems whose name is also a verb that pages and stored kinds of deliveries have. */
const VERBS = new Set(['resend']);
const FOLDERS = FLOORS.flat();
const floorOf = (folder: string) => FLOORS.findIndex((floor) => floor.includes(folder));

describe('the floors', () => {
  let tree: string;
  /** What the linter found, as `file: rule`. */
  let found: string[];

  beforeAll(async () => {
    tree = await realpath(await mkdtemp(path.join(tmpdir(), 'fairlead-house-')));
    await copyFile(path.join(PROJECT, '.oxlintrc.json'), path.join(tree, '.oxlintrc.json'));
    for (const from of FOLDERS) {
      for (const to of FOLDERS) await plant(`${from}/to-${to}.ts`, `../${to}/thing.ts`);
      for (const to of FOLDERS) await plant(`${from}/inner/to-${to}.ts`, `../../${to}/deep/thing.ts`);
      for (const to of ROOF) await plant(`${from}/roof-${path.basename(to)}`, `../${to}`);
    }
    // However it is imported.
    await write(
      'base/type.ts',
      `import type { thing } from '../db/thing.ts';\nexport type Own = typeof thing;\n`,
    );
    await write('base/again.ts', `export { thing } from '../db/thing.ts';\n`);
    await write('base/later.ts', `export const later = () => import('../db/thing.ts');\n`);
    await write('crm/hen.ts', `import { egg } from './egg.ts';\nexport const hen = () => egg;\n`);
    await write('crm/egg.ts', `import { hen } from './hen.ts';\nexport const egg = () => hen;\n`);
    found = await lint(tree);
  });
  afterAll(() => rm(tree, { recursive: true, force: true }));

  async function write(file: string, text: string): Promise<void> {
    const full = path.join(tree, 'src', file);
    await mkdir(path.dirname(full), { recursive: true });
    await writeFile(full, text);
  }
  const plant = (file: string, from: string) =>
    write(file, `import { thing } from '${from}';\n\nexport const planted = thing;\n`);

  test.each(FOLDERS)('%s may import the floors below it, and no other', (from) => {
    const caught = (file: string) => found.includes(`src/${from}/${file}: eslint(no-restricted-imports)`);
    for (const to of FOLDERS) {
      const forbidden = from !== to && floorOf(to) >= floorOf(from);
      expect(caught(`to-${to}.ts`), `${from} to ${to}`).toBe(forbidden);
      expect(caught(`inner/to-${to}.ts`), `${from}/inner to ${to}`).toBe(forbidden);
    }
    for (const to of ROOF) expect(caught(`roof-${path.basename(to)}`), `${from} to ${to}`).toBe(true);
  });

  test.each(['type', 'again', 'later'])('a crossing is caught in base/%s.ts too', (file) => {
    expect(found).toContain(`src/base/${file}.ts: eslint(no-restricted-imports)`);
  });

  test('a circle is caught', () => {
    expect(found).toContain('src/crm/hen.ts: import(no-cycle)');
  });

  test('every folder of src is on a floor or the roof, and has no crossing and no circle', async () => {
    const entries = await readdir(path.join(PROJECT, 'src'), { withFileTypes: true });
    const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
    expect([...FOLDERS, 'cli']).toEqual(expect.arrayContaining(folders));
    const crossings = /no-restricted-imports|no-cycle/;
    expect((await lint(PROJECT)).filter((line) => crossings.test(line))).toEqual([]);
  });
});

describe('the imports of src', () => {
  // The linter's rule leaves out types; this one does not: with a circle, no file of it can be understood alone.
  test('have no circle, types included', async () => {
    const names = await readdir(path.join(PROJECT, 'src'), { recursive: true });
    const files = names.filter((name) => name.endsWith('.ts'));
    expect(files.length).toBeGreaterThan(200);
    const texts = await Promise.all(
      files.map(
        async (file) => [file, await readFile(path.join(PROJECT, 'src', file), 'utf8')] as [string, string],
      ),
    );
    expect(circlesOf(new Map(texts))).toEqual([]);
  });

  test.each<[string, Record<string, string>, string[]]>([
    [
      'of two',
      { 'a.ts': "import type { B } from './b.ts';", 'b.ts': "import { a } from './a.ts';" },
      ['a.ts b.ts'],
    ],
    [
      'of types alone',
      { 'a.ts': "export type { B } from './x/b.ts';", 'x/b.ts': "import type { A } from '../a.ts';" },
      ['a.ts x/b.ts'],
    ],
    [
      'of an import on several lines',
      { 'a.ts': "import {\n  b,\n} from './b.ts';", 'b.ts': "export const b = (await import('./a.ts')).a;" },
      ['a.ts b.ts'],
    ],
    ['none in a line', { 'a.ts': "import './b.ts';", 'b.ts': "import { c } from './c.ts';", 'c.ts': '' }, []],
  ])('a planted circle is found: %s', (_name, files, expected) => {
    expect(circlesOf(new Map(Object.entries(files)))).toEqual(expected);
  });
});

describe('the routes of src', () => {
  /** Files whose changes are recorded in another way. */
  const OTHERWISE: Record<string, string> = {
    'api/account/password-routes.ts': 'account/sign-in.ts writes the audit entry; there is no caller yet',
    'api/account/session-routes.ts': 'the same',
    'api/events/custom-event-routes.ts': 'one statement writes the event and the response',
    'crm/forms/form-submission-routes.ts': 'the record store writes the response; the timeline is the log',
    'crm/leads/conversion/lead-conversion-routes.ts': 'the same',
  };

  test('that change something outside the records use recordChange', async () => {
    const names = await readdir(path.join(PROJECT, 'src'), { recursive: true });
    const files = names.filter((name) => /^(api|crm)\/.*\.ts$/.test(name));
    const texts = await Promise.all(
      files.map(async (file) => ({ file, text: await readFile(path.join(PROJECT, 'src', file), 'utf8') })),
    );
    const changing = texts.filter(({ text }) =>
      /\broute[<(][\s\S]*method: '(POST|PUT|PATCH|DELETE)'/.test(text),
    );
    expect(changing.length).toBeGreaterThan(20);
    const without = changing.filter(({ text }) => !/recordChange|ChangeRecorder/.test(text));
    expect(without.map(({ file }) => file).toSorted()).toEqual(Object.keys(OTHERWISE));
  });
});

describe('the statements of src', () => {
  test('have names of their own: a connection rejects a second text under the same name', async () => {
    const names = await readdir(path.join(PROJECT, 'src'), { recursive: true });
    const found = new Map<string, string[]>();
    for (const file of names.filter((name) => name.endsWith('.ts'))) {
      const text = await readFile(path.join(PROJECT, 'src', file), 'utf8');
      for (const [, name] of text.matchAll(/name: ['`]([^'`]+)['`],\s*text:/g))
        found.set(name!, [...(found.get(name!) ?? []), file]);
    }
    expect(found.size).toBeGreaterThan(150);
    expect([...found].filter(([, files]) => files.length > 1)).toEqual([]);
  });
});

/** The groups of files that import each other, directly or through others (Tarjan's components of more than one). */
function circlesOf(texts: ReadonlyMap<string, string>): string[] {
  const importsOf = (file: string) =>
    [...texts.get(file)!.matchAll(/(?:^(?:import|export)\b[^;'"]*?|\bimport\()['"](\.[^'"]+)['"]/gm)]
      .map(([, from]) => path.join(path.dirname(file), from!))
      .filter((to) => texts.has(to));
  const found: string[] = [];
  const stack: string[] = [];
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const visit = (file: string) => {
    order.set(file, order.size);
    lowest.set(file, order.get(file)!);
    stack.push(file);
    for (const to of importsOf(file)) {
      if (!order.has(to)) visit(to);
      if (stack.includes(to)) lowest.set(file, Math.min(lowest.get(file)!, lowest.get(to)!));
    }
    if (lowest.get(file) !== order.get(file)) return;
    const circle = stack.splice(stack.indexOf(file));
    if (circle.length > 1) found.push(circle.toSorted().join(' '));
  };
  for (const file of texts.keys()) if (!order.has(file)) visit(file);
  return found;
}

/** Runs the linter on `src` by the rules in `dir`. */
async function lint(dir: string): Promise<string[]> {
  const oxlint = path.join(PROJECT, 'node_modules/oxlint/bin/oxlint');
  const { stdout } = await run(process.execPath, [oxlint, '--format=json', 'src'], {
    cwd: dir,
    maxBuffer: 64 * 1024 * 1024,
  }).catch((failed: { stdout: string }) => failed);
  const { diagnostics, number_of_files: files } = JSON.parse(stdout) as {
    diagnostics: { filename: string; code: string }[];
    number_of_files: number;
  };
  expect(files).toBeGreaterThan(20);
  return diagnostics.map(({ filename, code }) => `${filename}: ${code}`);
}

describe('the documents', () => {
  test('docs/configuration.md has every setting with its default and meaning, and no other', async () => {
    const text = await readFile(path.join(PROJECT, 'docs/configuration.md'), 'utf8');
    const rows = [...text.matchAll(/^\| `([A-Z_]+)` *\| *(.*?) *\| *(.*?) *\|$/gm)];
    const documented = rows.map(([, name, fallback, means]) => ({ name, default: fallback, means }));
    const settings = Object.entries(SETTINGS).map(([name, setting]) => ({
      name,
      default: setting.default === '' ? '' : `\`${setting.default}\``,
      means: setting.means,
    }));
    expect(documented).toEqual(settings);
  });

  test('no document names a setting that there is not', async () => {
    const files = await documents();
    expect(files.length).toBeGreaterThan(4);
    for (const file of files) {
      const text = await readFile(path.join(PROJECT, file), 'utf8');
      const named = [...new Set(text.match(/\bFAIRLEAD_[A-Z][A-Z_]*/g))];
      expect(Object.keys(SETTINGS), file).toEqual(expect.arrayContaining(named));
    }
  });

  test('every link from one document to another file leads somewhere', async () => {
    for (const file of await documents()) {
      // Code such as `[@Jane Doe](user:<id>)` is no link.
      const text = (await readFile(path.join(PROJECT, file), 'utf8')).replaceAll(/`[^`\n]*`/g, '``');
      for (const [, target] of text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)) {
        const linked = path.join(PROJECT, path.dirname(file), target!);
        await expect(stat(linked), `${file} links to ${target}`).resolves.toBeTruthy();
      }
    }
  });

  test('every link to a section of a document leads to a heading', async () => {
    for (const file of await documents()) {
      const text = await readFile(path.join(PROJECT, file), 'utf8');
      for (const [, target, section] of text.matchAll(/\]\(((?!https?:)[^)#\s]*\.md)?#([^)\s]+)\)/g)) {
        const linked = target ? path.join(path.dirname(file), target) : file;
        expect(
          sectionsOf(await readFile(path.join(PROJECT, linked), 'utf8')),
          `${file} to ${linked}`,
        ).toContain(section);
      }
    }
  });
});

/** The ids of a document's headings, as GitHub makes them. */
function sectionsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** Installations of 0.1.0 hold these, and the dashboard's types are generated from the API. */
const FROZEN = /^(src\/db\/migrations|test\/fixtures)\/|^web\/api\/schema\.d\.ts$/;

describe('the words', () => {
  let programs: string[];
  let files: string[];
  beforeAll(async () => {
    const { stdout } = await run('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
      cwd: PROJECT,
      maxBuffer: 16 * 1024 * 1024,
    });
    files = stdout.split('\n').filter((file) => file && !FROZEN.test(file));
    programs = files.filter((file) => /^(src|web|test|scripts|perf)\/.*\.(tsx?|m?js)$/.test(file));
  });

  /** What `find` finds in these files; one that is gone from the tree but still in the index is left out. */
  async function searched(list: string[], find: (file: string, text: string) => string[]): Promise<string[]> {
    const found = await Promise.all(
      list.map(async (file) => {
        const text = await readFile(path.join(PROJECT, file), 'utf8').catch(() => null);
        return text === null ? [] : find(file, text);
      }),
    );
    return found.flat();
  }

  test('no declared name is on the list of replaced names', async () => {
    expect(programs.length).toBeGreaterThan(400);
    expect(await searched(programs, bannedNames)).toEqual([]);
  });

  test('no file has a name on the list of replaced file names', async () => {
    expect(await searched(files, bannedFileName)).toEqual([]);
  });

  test('no document uses a phrase on the list', async () => {
    const documented = files.filter((file) => file.endsWith('.md'));
    expect(await searched(documented, phrasesOfDocument)).toEqual([]);
  });

  test('no page and no message uses a phrase on the list', async () => {
    const shown = programs.filter((file) => /^(src|web)\//.test(file));
    expect(await searched(shown, phrasesOfProgram)).toEqual([]);
  });

  test.each<[string, string, string]>([
    ['src/a.ts', 'function told() {}', '"told"'],
    ['src/a.ts', 'interface EventTold {}', '"EventTold"'],
    ['src/a.ts', 'const a = 1;\n\nconst MOST_SHOWN = a;', 'src/a.ts:3: "MOST_SHOWN", use MAX_…'],
    ['src/a.ts', 'const one = 1;', '"one"'],
    ['src/a.ts', 'const items = [].map((one) => one);', '"one"'],
    ['src/a.ts', 'interface Statuses { of(id: string): void }', '"of"'],
    ['src/a.ts', 'const queries = { one: () => null };', '"one"'],
    ['src/a.ts', "import { flat as flight } from './b.ts';", '"flight"'],
    ['web/a.tsx', 'const { given: asked } = props;', '"asked"'],
    ['perf/a.mjs', 'const beside = [];', '"beside"'],
    ['src/delivery/worker/lane.ts', 'class Lane { isProven = false; }', '"isProven"'],
  ])('a planted name is found: %s %s', (file, text, expected) => {
    expect(bannedNames(file, text)).toEqual([expect.stringContaining(expected)]);
  });

  test.each([
    ['web/a.tsx', 'const row = { given: true, one: 1 };'],
    ['web/a.tsx', 'const { of: most } = props;'],
    ['web/crm/lead-board.tsx', 'function board() {}'],
    ['src/a.ts', 'const atMost = Math.min(a.told, b);'],
    ['src/a.ts', "import { told } from './b.ts';"],
    ['src/crm/form.ts', 'const place = { proven: true };'],
  ])('plain English, and names that are only used, are not: %s %s', (file, text) => {
    expect(bannedNames(file, text)).toEqual([]);
  });

  test.each([
    ['src/db/flight.ts', 'batch-writer'],
    ['test/crm/lead-day.test.ts', 'lead-daily-rollup'],
    ['src/delivery/log.ts', 'delivery-log'],
    ['src/doors/wix.ts', 'src/integrations'],
  ])('a planted file name is found: %s', (file, expected) => {
    expect(bannedFileName(file)).toEqual([expect.stringContaining(expected)]);
    expect(bannedFileName('src/base/log.ts')).toEqual([]);
  });

  test('a planted phrase is found in documents, pages and messages, at its line', () => {
    expect(phrasesOfDocument('a.md', 'One.\n\nIt is kept\naside.')).toEqual([
      'a.md:3: "kept aside", use quarantined',
    ]);
    expect(phrasesOfDocument('a.md', '```\nbeside\n```\n`told` [link](told.md)')).toEqual([]);
    const page = '<p title="No event is like that">\n  You can\n  not go\n</p>';
    expect(phrasesOfProgram('a.tsx', page)).toEqual([
      'a.tsx:1: "is like that", use No matching …',
      'a.tsx:2: "can not", use cannot',
    ]);
    const template = 'const a = `${b} can not ${c} tells`;';
    expect(phrasesOfProgram('a.ts', template)).toHaveLength(2);
    expect(phrasesOfProgram('a.ts', 'const a = sql`-- can not ${c} told`;')).toEqual([]);
  });
});

describe('the names of other systems', () => {
  const literal = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  /** A name as code or a page would write it, such as `'typeform'`, `aXcelerate` or `rmx_`. */
  const patterns = INTEGRATIONS.filter(({ name }) => !VERBS.has(name))
    .flatMap(({ name, label, webhookFormat, keyStyle }) => [
      // As a value only: a variable may have the name of a standard or a protocol.
      ...[name, webhookFormat?.name, keyStyle?.name].map((text) => text && `['"\`]${text}['"\`]`),
      // The labels of what every installation has, mail and reports of another CRM, are words of its own pages.
      GENERIC.has(name) ? undefined : `\\b${literal(label)}\\b`,
      keyStyle && literal(keyStyle.prefix),
      keyStyle && `\\b${literal(keyStyle.label)}\\b`,
    ])
    .filter((text) => text !== undefined);
  const pattern = new RegExp(patterns.join('|'));
  const namesIn = (file: string, text: string) =>
    text.split('\n').flatMap((line, at) => {
      const found = pattern.exec(line)?.[0];
      return found === undefined ? [] : [`${file}:${at + 1}: ${found}`];
    });

  async function written(folder: string): Promise<string[]> {
    const entries = await readdir(path.join(PROJECT, folder), { recursive: true });
    const files = entries
      .filter((file) => /\.tsx?$/.test(file) && !file.endsWith('schema.d.ts'))
      .map((file) => path.join(folder, file));
    expect(files.length).toBeGreaterThan(100);
    const texts = await Promise.all(files.map((file) => readFile(path.join(PROJECT, file), 'utf8')));
    return files.flatMap((file, at) => namesIn(file, texts[at]!));
  }

  test('no page of the dashboard names one: names and labels come from the API', async () => {
    expect(await written('web')).toEqual([]);
  });

  test('only src/integrations and its list name one', async () => {
    const found = await written('src');
    const elsewhere = found.filter((line) => !/^src\/integrations[./]/.test(line));
    // The event's sample shows a webhook of the default format.
    expect(elsewhere.filter((line) => !/webhook-disabled-event\.ts:\d+: 'standard'$/.test(line))).toEqual([]);
  });

  test.each([
    "const format = 'standard';",
    '<Text>Leads from Google Ads</Text>',
    "data: [{ label: 'aXcelerate' }]",
    'placeholder="rmx_…"',
    "if (style === 'axocrm') return;",
  ])('a planted name is found: %s', (line) => {
    expect(namesIn('a.tsx', line)).toHaveLength(1);
  });

  test('every scope that the dashboard checks is a scope of the API', async () => {
    const entries = await readdir(path.join(PROJECT, 'web'), { recursive: true });
    const named = new Set<string>();
    for (const file of entries.filter((entry) => /\.tsx?$/.test(entry) && !entry.endsWith('schema.d.ts'))) {
      const text = await readFile(path.join(PROJECT, 'web', file), 'utf8');
      for (const [, scope] of text.matchAll(/'([a-z_]+:(?:read|write|create|manage|rotate))'/g))
        named.add(scope!);
    }
    expect(named.size).toBeGreaterThan(10);
    expect(SCOPES.names).toEqual(expect.arrayContaining([...named]));
  });
});

async function documents(): Promise<string[]> {
  const folders = ['.', 'docs', 'docs/integrations', 'examples', 'decisions'];
  const lists = await Promise.all(
    folders.map(async (folder) =>
      (await readdir(path.join(PROJECT, folder), { withFileTypes: true }))
        .filter((entry) => entry.isFile() && (folder !== '.' || entry.name.endsWith('.md')))
        .map((entry) => path.join(folder, entry.name)),
    ),
  );
  return lists.flat();
}
