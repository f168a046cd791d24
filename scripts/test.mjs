// npm test: all tests. npm test -- name runs the files whose path contains it.
import { bin, run, setup } from './setup.mjs';

setup();
const args = process.argv.slice(2);
if (args.length === 0) run('scripts/check.mjs');
run(bin('vitest'), ['run', ...args]);
