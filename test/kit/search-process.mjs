// A process of its own that makes search documents: `node search-process.mjs`, with CONNECTION (JSON) in the environment.
import { makeLog } from '../../dist/base/log.js';
import { MODULE_NOUNS } from '../../dist/modules.js';
import { openDatabase } from '../../dist/db/pool.js';
import { makeSearchDocuments } from '../../dist/record/search/search-document.js';
import { makeSearchFollower } from '../../dist/record/search/search-follower.js';

const log = makeLog('silent');
const db = openDatabase(JSON.parse(process.env.CONNECTION), { max: 2, log });
makeSearchFollower(db, makeSearchDocuments(MODULE_NOUNS), log).start();
process.stdout.write('started\n');
