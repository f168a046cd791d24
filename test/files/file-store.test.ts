import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { idMaker } from '../../src/base/id.ts';
import { makeFileStore, MEGABYTE, type FileStore, type StoredFile } from '../../src/files/file-store.ts';
import { freshDatabase, type TestDatabase } from '../kit/database.ts';
import { PROJECT, startProgram } from '../kit/process.ts';

const newId = idMaker(Date.now);
const nothing = () => Promise.resolve();

let database: TestDatabase;
let dir: string;
let lines: string;
let workspaceId: string;

beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(async () => {
  await database.drop();
});
afterEach(() => rm(dir, { recursive: true, force: true }));
beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'fairlead-files-'));
  lines = '';
  workspaceId = newId();
  await database.db.pool.query(
    `insert into workspace (id, name, plan, is_default, created_at, slug)
     values ($1::uuid, 'Acme', 'unlimited', false, now(), $1::uuid::text)`,
    [workspaceId],
  );
});

interface Options {
  storage?: StoredFile['storage'];
  workspaceLimit?: number;
  fileLimit?: number;
}

function makeFiles({
  storage = 'disk',
  workspaceLimit = MEGABYTE,
  fileLimit = MEGABYTE,
}: Options = {}): FileStore {
  return makeFileStore({
    db: database.db,
    clock: systemClock,
    newId,
    log: pino({ level: 'trace' }, { write: (line: string) => void (lines += line) }),
    dir,
    storage,
    limits: { file: fileLimit, workspace: workspaceLimit },
  });
}

function newFile(bytes: Buffer) {
  return {
    workspace_id: workspaceId,
    purpose: 'test',
    name: 'report.pdf',
    content_type: 'application/pdf',
    created_by: 'test',
    bytes,
  };
}

const onDisk = async () => (await readdir(path.join(dir, workspaceId)).catch((): string[] => [])).sort();
const usage = async () => {
  const { rows } = await database.db.pool.query<{ bytes: number; sum: number }>(
    `select (select bytes from file_usage where workspace_id = $1) as bytes,
            (select sum(size)::bigint from file where workspace_id = $1) as sum`,
    [workspaceId],
  );
  return [rows[0]!.bytes, rows[0]!.sum];
};
/** Old enough for the maintenance task. */
const age = (id: string) => utimes(path.join(dir, workspaceId, id), 0, 0);

describe.each(['disk', 'database'] as const)('a file with the storage %s', (storage) => {
  test('is read as it was written, with its hash', async () => {
    const files = makeFiles({ storage });
    const bytes = randomBytes(100_000);
    const { id } = await files.save(newFile(bytes), nothing);
    const stored = (await files.get(workspaceId, id))!;
    expect(stored).toMatchObject({ size: 100_000, storage, name: 'report.pdf' });
    expect((await files.read(stored)).equals(bytes)).toBe(true);
    expect(await onDisk()).toEqual(storage === 'disk' ? [id] : []);
    expect(await files.get(newId(), id)).toBeUndefined();
  });

  test('is gone with its bytes once it is removed, and its size is free again', async () => {
    const files = makeFiles({ storage });
    const saved = await files.save(newFile(randomBytes(1000)), nothing);
    const removed = await database.db.transaction((trx) => files.remove(trx, workspaceId, saved.id));
    await files.removeBytes(removed!);
    expect(await files.get(workspaceId, saved.id)).toBeUndefined();
    expect(await onDisk()).toEqual([]);
    expect(
      (await database.db.pool.query('select from file_content where workspace_id = $1', [workspaceId]))
        .rowCount,
    ).toBe(0);
    expect(await usage()).toEqual([0, null]);
    await expect(files.read(saved)).rejects.toMatchObject({ code: 'not_found' });
    expect(await database.db.transaction((trx) => files.remove(trx, workspaceId, saved.id))).toBeUndefined();
  });

  test('is not stored, and leaves no bytes, if the work of its transaction is refused', async () => {
    const files = makeFiles({ storage, workspaceLimit: 1500 });
    await files.save(newFile(randomBytes(1000)), nothing);
    const before = await onDisk();
    await expect(files.save(newFile(randomBytes(1000)), nothing)).rejects.toMatchObject({
      code: 'limit_reached',
    });
    expect(await onDisk()).toEqual(before);
    expect(await usage()).toEqual([1000, 1000]);
  });

  test('may take the last byte of its workspace, and concurrent files never more', async () => {
    const files = makeFiles({ storage, workspaceLimit: 5000 });
    const results = await Promise.allSettled(
      Array.from({ length: 12 }, () => files.save(newFile(randomBytes(1000)), nothing)),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
    expect(await usage()).toEqual([5000, 5000]);
  });

  test('may replace another one in a full workspace', async () => {
    const files = makeFiles({ storage, workspaceLimit: 1000 });
    const old = await files.save(newFile(randomBytes(1000)), nothing);
    const saved = await files.save(newFile(randomBytes(900)), async (trx) => {
      await files.remove(trx, workspaceId, old.id);
    });
    expect(await usage()).toEqual([900, 900]);
    expect(await files.get(workspaceId, saved.id)).toBeDefined();
  });

  test('is refused beyond the limit of a file', async () => {
    const files = makeFiles({ storage, fileLimit: MEGABYTE });
    await expect(files.save(newFile(Buffer.alloc(MEGABYTE + 1)), nothing)).rejects.toMatchObject({
      code: 'payload_too_large',
      message: 'The file is too large: at most 1 MB.',
    });
    await files.save(newFile(Buffer.alloc(MEGABYTE, 1)), nothing);
  });

  test('goes with its workspace', async () => {
    const files = makeFiles({ storage });
    const { id } = await files.save(newFile(randomBytes(1000)), nothing);
    await database.db.pool.query('delete from workspace where id = $1', [workspaceId]);
    for (const table of ['file', 'file_content', 'file_usage'])
      expect(
        (await database.db.pool.query(`select from ${table} where workspace_id = $1`, [workspaceId]))
          .rowCount,
      ).toBe(0);
    if (storage === 'disk') await age(id);
    await files.removeOrphans();
    expect(await onDisk()).toEqual([]);
  });
});

describe('a file whose bytes on the disk', () => {
  test.each([
    ['missing', (file: string) => rm(file)],
    ['damaged', (file: string) => writeFile(file, 'something else')],
  ])('are %s is an error that says so, and where to restore them from', async (problem, spoil) => {
    const files = makeFiles();
    const saved = await files.save(newFile(randomBytes(10)), nothing);
    await spoil(path.join(dir, workspaceId, saved.id));
    await expect(files.read(saved)).rejects.toMatchObject({
      code: 'server_error',
      message: `The content of the file ${saved.id} is ${problem} on the server. Restore it from a backup of the directory files/ of the data directory.`,
    });
    expect(lines).toContain(`"a file is ${problem}"`);
  });
});

describe('orphaned bytes', () => {
  test('are deleted after an hour; files with a row, young bytes and other entries stay', async () => {
    const files = makeFiles();
    const saved = await files.save(newFile(randomBytes(10)), nothing);
    const [old, young] = [randomUUID(), randomUUID()];
    for (const name of [old, young, 'notes.txt']) await writeFile(path.join(dir, workspaceId, name), 'x');
    for (const name of [old, saved.id, 'notes.txt']) await age(name);
    expect(await files.removeOrphans()).toBe(1);
    expect(await onDisk()).toEqual([saved.id, young, 'notes.txt'].sort());
    expect(await files.removeOrphans()).toBe(0);
  });

  test('are left alone where files are in the database: they may belong to another one', async () => {
    await makeFiles().save(newFile(randomBytes(10)), nothing);
    await database.db.pool.query('delete from file where workspace_id = $1', [workspaceId]);
    const [id] = await onDisk();
    await age(id!);
    expect(await makeFiles({ storage: 'database' }).removeOrphans()).toBe(0);
    expect(await onDisk()).toEqual([id]);
  });

  test('are all that is left of a process that is killed between the disk and the commit', async () => {
    const program = startProgram(process.execPath, [path.join(PROJECT, 'test/kit/file-process.mjs')], {
      env: { CONNECTION: JSON.stringify(database.connection), DIR: dir, WORKSPACE: workspaceId },
    });
    const id = (await program.says(/^written (\S+)$/m))[1]!;
    expect(await onDisk()).toEqual([id]);
    program.kill('SIGKILL');
    await program.exited;

    const files = makeFiles();
    expect(await files.get(workspaceId, id)).toBeUndefined();
    expect(await usage()).toEqual([null, null]);
    expect(await files.removeOrphans()).toBe(0);
    await age(id);
    expect(await files.removeOrphans()).toBe(1);
    expect(await onDisk()).toEqual([]);
  });
});
