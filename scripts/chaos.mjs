import { run, setup } from './setup.mjs';

setup();
run('perf/chaos.mjs', process.argv.slice(2));
