import { createHash } from 'node:crypto';
import { chmod, chown, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, type TestContext } from 'vitest';
import { findPlace, type Place } from '../../src/db/embedded/data-dir-location.mjs';
import { keepPlace } from '../../src/db/embedded/data-dir-record.mjs';
import { temporaryDirectory } from '../kit/process.ts';

const isRoot = process.getuid?.() === 0;

/** A folder with a checkout, in which PostgreSQL cannot keep data while it is closed. */
let home: string;
let checkout: string;
/** Replaces /var/lib and the like. */
let system: string;

beforeEach(async () => {
  home = await temporaryDirectory('place');
  checkout = path.join(home, 'closed', 'crm');
  system = path.join(home, 'system', 'fairlead');
  await mkdir(path.join(checkout, 'scripts'), { recursive: true });
  await writeFile(path.join(checkout, 'scripts', 'start.mjs'), '');
  await mkdir(path.join(checkout, 'src', 'db'), { recursive: true });
  await mkdir(path.dirname(system));
  await open();
});

afterEach(async () => {
  await open();
  await rm(home, { recursive: true, force: true });
});

/** As root: no other user may enter; else: read-only. */
async function close(): Promise<void> {
  await chmod(path.dirname(checkout), isRoot ? 0o700 : 0o755);
  await chmod(checkout, isRoot ? 0o755 : 0o555);
}

async function open(): Promise<void> {
  await chmod(path.dirname(checkout), 0o755);
  await chmod(checkout, 0o755);
}

const found = (cwd = checkout, env: Record<string, string> = {}) =>
  findPlace({ root: checkout, cwd, env, candidates: [{ parent: system, temporary: false }] });

function placeIn(cwd?: string, env?: Record<string, string>): Place {
  const place = found(cwd, env);
  if ('problem' in place) throw new Error(place.problem);
  return place;
}

/** The one-line problem. */
function problem(cwd?: string, env?: Record<string, string>): string {
  const place = found(cwd, env);
  if (!('problem' in place)) throw new Error(`a place was found: ${place.dir}`);
  expect(place.problem).toMatch(/^[^\n]{40,}\.$/);
  return place.problem;
}

/** Chooses and records a place, as a start does, and leaves a store there. */
async function chosen(): Promise<string> {
  const place = placeIn();
  expect(place.kind).toBe('chosen');
  keepPlace(place);
  await store(place.dir);
  return place.dir;
}

async function store(dir: string): Promise<void> {
  await mkdir(path.join(dir, 'postgres'), { recursive: true });
  await writeFile(path.join(dir, 'secret-key'), '');
}

const hashOf = (base: string) => createHash('sha256').update(base).digest('hex').slice(0, 16);

describe('without FAIRLEAD_DATA_DIR', () => {
  test('data is kept in ./data of the checkout, wherever in the checkout it is started', () => {
    for (const cwd of [checkout, path.join(checkout, 'src'), path.join(checkout, 'src/db')]) {
      expect(placeIn(cwd)).toMatchObject({ dir: path.join(checkout, 'data'), kind: 'default', choice: null });
    }
  });

  test('a program that is not a checkout, or is started elsewhere, keeps it in ./data of the current directory', async () => {
    expect(placeIn(home).dir).toBe(path.join(home, 'data'));
    await rm(path.join(checkout, 'scripts'), { recursive: true });
    expect(placeIn(path.join(checkout, 'src')).dir).toBe(path.join(checkout, 'src/data'));
  });

  test('a store in the current directory, which 0.1.0 created, remains in use', async () => {
    await store(path.join(checkout, 'src/data'));
    expect(placeIn(path.join(checkout, 'src')).dir).toBe(path.join(checkout, 'src/data'));
  });

  test('looking for a place creates nothing', async () => {
    await close();
    placeIn();
    await open();
    placeIn();
    expect((await readdir(checkout)).toSorted()).toEqual(['scripts', 'src']);
    expect(await readdir(path.dirname(system))).toEqual([]);
  });

  test('if ./data cannot be used, a place for this checkout is chosen, with a record of its owner', async () => {
    await close();
    const place = placeIn();
    expect(place.dir).toMatch(new RegExp(`^${system}/[0-9a-f]{16}$`));
    expect(place.why).toContain(isRoot ? `cannot enter ${path.dirname(checkout)}` : 'EACCES');
    keepPlace(place);
    expect((await stat(place.dir)).mode & 0o777).toBe(isRoot ? 0o711 : 0o700);
    expect(JSON.parse(await readFile(`${place.dir}.json`, 'utf8'))).toEqual({
      checkout,
      data: place.dir,
    });
    const other = path.join(home, 'closed', 'other');
    await mkdir(other);
    if (!isRoot) await chmod(other, 0o555);
    expect(placeIn(other).dir).not.toBe(place.dir);
  });

  test('the choice is kept, even once ./data can be used', async () => {
    await close();
    const dir = await chosen();
    expect(placeIn()).toMatchObject({ dir, kind: 'chosen', choice: null });
    await open();
    expect(placeIn()).toMatchObject({ dir, kind: 'chosen', choice: null });
    expect(placeIn(path.join(checkout, 'src')).dir).toBe(dir);
  });

  test('if both places contain a store, the problem names both', async () => {
    await close();
    const dir = await chosen();
    await open();
    await store(path.join(checkout, 'data'));
    const text = problem();
    expect(text).toContain(dir);
    expect(text).toContain(path.join(checkout, 'data'));
    expect(text).toContain('FAIRLEAD_DATA_DIR');
    expect(placeIn(checkout, { FAIRLEAD_DATA_DIR: './data' }).kind).toBe('named');
    await rename(dir, `${dir}-away`);
    expect(placeIn().dir).toBe(path.join(checkout, 'data'));
  });

  test('if the chosen place is missing, the problem names it and what to remove to start with an empty store', async () => {
    await close();
    const dir = await chosen();
    await rm(dir, { recursive: true });
    expect(problem()).toContain(`${dir}, which is missing`);
    expect(problem()).toContain(`remove ${dir}.json`);
    await rm(`${dir}.json`);
    await rm(path.join(checkout, 'data', 'location.txt'), { force: true });
    expect(placeIn().choice).not.toBe(null);
  });

  test('if all chosen places are missing, as for a disk that is not mounted, the checkout has a record', async (context) => {
    onlyRoot(context, 'a read-only checkout has no record');
    await close();
    const dir = await chosen();
    await rm(system, { recursive: true });
    expect(problem()).toContain(`${dir}, which is missing`);
  });

  test('a checkout that was moved does not start with an empty store', async (context) => {
    onlyRoot(context, 'a read-only checkout has no record');
    await close();
    const dir = await chosen();
    const was = checkout;
    checkout = path.join(path.dirname(checkout), 'moved');
    await rename(was, checkout);
    expect(problem()).toContain(`contains the data of ${was}, not of ${checkout}`);
    expect(problem()).toContain(`FAIRLEAD_DATA_DIR=${dir}`);
  });

  test('a store in ./data that cannot be used is never ignored', async (context) => {
    onlyRoot(context, 'a store is used in a read-only checkout');
    await store(path.join(checkout, 'data'));
    await close();
    expect(problem()).toContain(`chmod o+x ${path.dirname(checkout)}`);
  });

  test('a store of another user is never ignored', async (context) => {
    if (isRoot) context.skip('root may use every store');
    await store(path.join(checkout, 'data'));
    await chown(path.join(checkout, 'data/postgres'), 0, 0).catch(() =>
      context.skip('only root gives files away'),
    );
    expect(problem()).toContain('belongs to uid 0');
  });

  describe('as another user than root', () => {
    const OTHER = 4242;
    /** Runs as an ordinary user without an entry in the user list. */
    function asOther<Result>(run: () => Result): Result {
      const { getuid, setegid, seteuid } = process;
      setegid!(OTHER);
      seteuid!(OTHER);
      process.getuid = () => OTHER;
      try {
        return run();
      } finally {
        seteuid!(0);
        setegid!(0);
        process.getuid = getuid!;
      }
    }
    beforeEach(async (context) => {
      if (!isRoot) context.skip('only root can be two users');
      await chmod(home, 0o755);
      await chmod(path.dirname(checkout), 0o755);
      await chown(path.dirname(system), OTHER, OTHER);
    });

    test('a possible store that is not accessible prevents the start, from any folder', async () => {
      await store(path.join(checkout, 'data'));
      await chmod(path.join(checkout, 'data'), 0o700);
      for (const cwd of [checkout, path.join(checkout, 'src')]) {
        const said = asOther(() => problem(cwd));
        expect(said).toContain(`${checkout}/data may contain the data`);
        expect(said).toContain('uid 0');
        expect(said).toContain('FAIRLEAD_DATA_DIR');
      }
      await mkdir(path.join(checkout, 'src/data'), { mode: 0o700 });
      expect(asOther(() => problem(path.join(checkout, 'src')))).toContain('src/data may contain the data');
      expect(await readdir(path.dirname(system))).toEqual([]);
    });

    test('a record resolves it; a chosen place that is not accessible is not missing', async () => {
      const dir = path.join(system, hashOf(checkout));
      await mkdir(dir, { recursive: true });
      await writeFile(`${dir}.json`, JSON.stringify({ checkout, data: dir }));
      await chmod(dir, 0o700);
      expect(asOther(() => problem())).toMatch(/cannot be used|may hold the data/);
      const inside = path.join(dir, 'inside');
      await writeFile(`${dir}.json`, JSON.stringify({ checkout, data: inside }));
      expect(asOther(() => problem())).toContain(`${inside} may contain the data`);
      await writeFile(`${dir}.json`, JSON.stringify({ checkout, data: dir }));
      await chown(dir, OTHER, OTHER);
      await mkdir(path.join(checkout, 'data'), { mode: 0o700 });
      // The user has no entry in the user list, which is the only remaining problem.
      expect(asOther(() => problem())).toContain(`is kept in ${dir}`);
    });
  });

  describe('a place that a variable led to', () => {
    let byVariable: string;
    const look = (candidates: Parameters<typeof findPlace>[0]['candidates']) =>
      findPlace({ root: checkout, cwd: checkout, env: {}, candidates });
    const always = () => ({ parent: system, temporary: false });
    const both = () => [{ parent: byVariable, temporary: false, byEnvironment: true }, always()];
    async function chosenByVariable(): Promise<Place> {
      byVariable = path.join(home, 'xdg', 'fairlead');
      await mkdir(path.dirname(byVariable));
      await close();
      const place = look(both());
      if ('problem' in place) throw new Error(place.problem);
      keepPlace(place);
      await store(place.dir);
      // As in a read-only checkout.
      await rm(path.join(checkout, 'data'), { recursive: true, force: true });
      return place;
    }

    test('is found without it', async () => {
      const { dir } = await chosenByVariable();
      expect(dir).toContain(byVariable);
      expect(look([always()])).toMatchObject({ dir, kind: 'chosen', choice: null });
      expect(look(both())).toMatchObject({ dir, choice: null });
    });

    test('if it is missing, the problem names everything that has to be removed', async () => {
      const { dir } = await chosenByVariable();
      await rm(dir, { recursive: true });
      const place = look(both());
      if (!('problem' in place)) throw new Error('a place was found');
      expect(place.problem).toContain('is missing');
      expect(place.problem).toContain(`${dir}.json and ${path.join(system, `${path.basename(dir)}.json`)}`);
    });

    test('is recorded by the next start, if an earlier version did not', async () => {
      const { dir } = await chosenByVariable();
      await rm(system, { recursive: true });
      const again = look(both());
      if ('problem' in again) throw new Error(again.problem);
      expect(again.choice).not.toBe(null);
      keepPlace(again);
      expect(look([always()])).toMatchObject({ dir });
    });
  });

  test('if no place can be used, one line has the reason for each', async () => {
    await close();
    const parent = path.dirname(system);
    if (isRoot) await chmod(parent, 0o700);
    else await chmod(parent, 0o555);
    expect(problem()).toContain(isRoot ? `cannot enter ${parent}` : `${system}/`);
    expect(problem()).toContain('FAIRLEAD_DATA_DIR');
    await chmod(parent, 0o755);
  });

  test('paths with spaces, quotes, dollars and non-ASCII letters work', async () => {
    for (const name of [`my crm`, `it's "mine"`, '$HOME `id`', 'Ж – ü', '-rf', 'a\nb', '%s\\']) {
      const odd = path.join(home, 'closed', name);
      await mkdir(odd);
      await open();
      expect(placeIn(odd).dir).toBe(path.join(odd, 'data'));
      await close();
      if (!isRoot) await chmod(odd, 0o555);
      const place = placeIn(odd);
      keepPlace(place);
      expect(placeIn(odd)).toMatchObject({ dir: place.dir, kind: 'chosen', choice: null });
    }
  });
});

describe('with FAIRLEAD_DATA_DIR', () => {
  test('it is used as given', () => {
    expect(placeIn(checkout, { FAIRLEAD_DATA_DIR: '../here' })).toMatchObject({
      dir: '../here',
      kind: 'named',
    });
  });

  test('a place that cannot be used is refused before anything is set up', async () => {
    const file = path.join(home, 'file');
    await writeFile(file, '');
    for (const dir of [file, path.join(file, 'data'), '/proc/data']) {
      expect(problem(checkout, { FAIRLEAD_DATA_DIR: dir })).toContain(dir);
    }
    await close();
    const within = path.join(checkout, 'own');
    expect(problem(checkout, { FAIRLEAD_DATA_DIR: within })).toContain(
      isRoot ? `cannot enter ${path.dirname(checkout)}` : within,
    );
  });
});

test('with DATABASE_URL, ./data is used although PostgreSQL could not enter it; if read-only, the other place', async () => {
  const env = { DATABASE_URL: 'postgres://h/db' };
  expect(placeIn(checkout, env)).toMatchObject({ dir: path.join(checkout, 'data'), choice: null });
  await close();
  const place = placeIn(checkout, env);
  expect(place.dir.startsWith(isRoot ? checkout : system)).toBe(true);
});

function onlyRoot(context: TestContext, why: string): void {
  if (!isRoot) context.skip(why);
}
