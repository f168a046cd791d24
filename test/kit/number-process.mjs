// A process of its own that numbers contacts: `node number-process.mjs`, with CONNECTION (JSON) and WORKSPACE in the
// environment. Prints each number before it asks for the next.
import { randomUUID } from 'node:crypto';
import { makeLog } from '../../dist/base/log.js';
import { openDatabase } from '../../dist/db/pool.js';
import { makeRecordNumbers } from '../../dist/events/record-number.js';

const { CONNECTION, WORKSPACE } = process.env;
const db = openDatabase(JSON.parse(CONNECTION), { max: 2, log: makeLog('silent') });
const numbers = makeRecordNumbers(db, []);
for (;;) {
  const id = randomUUID();
  const found = await numbers.numbersOf(WORKSPACE, [{ object: 'contact', id }]);
  process.stdout.write(`${id} ${found.get(id)}\n`);
}
