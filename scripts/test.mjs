// npm test: all checks and tests. npm run test:unit, test:api and test:browser: the test files of one kind (test-kind.mjs).
// A name after `--` runs the files whose path contains it.
import { bin, run, setup } from './setup.mjs';
import { testFiles } from './test-kind.mjs';

setup();
const args = process.argv.slice(2);
const kind = /^--kind=(.+)$/.exec(args[0] ?? '')?.[1];
if (kind === undefined) {
  if (args.length === 0) run('scripts/check.mjs');
  run(bin('vitest'), ['run', ...args]);
} else {
  const [names, options] = [false, true].map((isOption) =>
    args.slice(1).filter((item) => item.startsWith('-') === isOption),
  );
  const files = testFiles()
    .filter((item) => item.kind === kind)
    .map(({ file }) => file)
    .filter((file) => names.length === 0 || names.some((name) => file.includes(name)));
  if (files.length === 0) {
    console.error(`test: no test file of the kind ${kind} has ${names.join(' or ')} in its path`);
    process.exit(1);
  }
  run(bin('vitest'), ['run', ...options, ...files]);
}
