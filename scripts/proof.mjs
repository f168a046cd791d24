// npm run proof: every proof whole. npm run proof -- name… [--seed N] [--size small]: some, or one as it ran before.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { bin, root, run, setup } from './setup.mjs';

/** What runs the proofs of test/proof. */
const PROOFS = 'test/proof/proofs.test.ts';
const LIMIT_MS = 4 * 3_600_000;

/** By name, the test file that runs it. */
const proofs = findProofs();
const { names, seed, size } = requested();
setup();
const env = {
  ...process.env,
  PROOF_NAMES: names.join(),
  PROOF_SIZE: size,
  ...(seed && { PROOF_SEED: seed }),
};
const files = [...new Set(names.map((name) => proofs.get(name)))];
// One after the other: a whole proof takes the machine.
const options = ['--disable-console-intercept', '--no-file-parallelism', `--testTimeout=${LIMIT_MS}`];
run(bin('vitest'), ['run', ...options, ...files], { env });

/** Those of test/proof, and each test file that takes its size from there. */
function findProofs() {
  const found = new Map();
  for (const file of readdirSync(path.join(root, 'test'), { recursive: true, encoding: 'utf8' }).toSorted()) {
    if (!file.endsWith('.ts')) continue;
    const text = readFileSync(path.join(root, 'test', file), 'utf8');
    const name = path.dirname(file) === 'proof' && /^ {2}name: '([\w-]+)',$/m.exec(text)?.[1];
    if (name) found.set(name, PROOFS);
    else if (text.includes('/proof/settings.ts')) found.set(path.basename(file, '.test.ts'), `test/${file}`);
  }
  return found;
}

/** Ends the program with a line where the command line is not understood. */
function requested() {
  try {
    const { values, positionals } = parseArgs({
      options: { seed: { type: 'string' }, size: { type: 'string', default: 'whole' } },
      allowPositionals: true,
    });
    const unknown = positionals.find((name) => !proofs.has(name));
    if (unknown !== undefined)
      throw new Error(`There is no proof ${unknown}; there are ${[...proofs.keys()].join(', ')}.`);
    if (!['small', 'whole'].includes(values.size)) throw new Error('--size must be small or whole.');
    if (values.seed !== undefined && !/^\d{1,10}$/.test(values.seed))
      throw new Error('--seed must be a whole number from 0 on.');
    return { ...values, names: positionals.length > 0 ? positionals : [...proofs.keys()] };
  } catch (error) {
    console.error(`proof: ${error.message}`);
    return process.exit(1);
  }
}
