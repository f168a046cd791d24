import { run, setup } from './setup.mjs';

setup();
run('perf/bench.mjs', process.argv.slice(2));
