// npm run check: format, lint with the floors, the API's types, types, dead code. Fast; must pass before every
// commit.
import { bin, run, setup } from './setup.mjs';

setup();
run(bin('oxfmt'), ['--check', '.']);
run(bin('oxlint'), ['--type-aware', '--deny-warnings']);
run('scripts/generate.mjs', ['--check']);
run(bin('typescript'), ['-p', '.']);
run(bin('typescript'), ['-p', 'tsconfig.web.json']);
run(bin('knip'), ['--no-progress']);
console.log('check: format, lint, floors, types and dead code are in order');
