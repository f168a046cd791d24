// A process of its own that saves a file and never commits: `node file-process.mjs`, with CONNECTION (JSON), DIR and
// WORKSPACE in the environment. It writes `written <file id>` once the bytes are on the disk and the row is inserted.
import { idMaker } from '../../dist/base/id.js';
import { makeLog } from '../../dist/base/log.js';
import { openDatabase } from '../../dist/db/pool.js';
import { makeFileStore } from '../../dist/files/file-store.js';

const { CONNECTION, DIR, WORKSPACE } = process.env;
const log = makeLog('silent');
const db = openDatabase(JSON.parse(CONNECTION), { max: 2, log });
const files = makeFileStore({
  db,
  clock: { now: () => Date.now(), monotonic: () => performance.now() },
  newId: idMaker(() => Date.now()),
  log,
  dir: DIR,
  storage: 'disk',
  limits: { file: 1000, workspace: 1000 },
});

const file = {
  workspace_id: WORKSPACE,
  purpose: 'test',
  name: 'report.pdf',
  content_type: 'application/pdf',
  created_by: 'test',
  bytes: Buffer.from('bytes'),
};
await files.save(file, (_trx, { id }) => {
  process.stdout.write(`written ${id}\n`);
  return new Promise((resolve) => setTimeout(resolve, 60_000));
});
