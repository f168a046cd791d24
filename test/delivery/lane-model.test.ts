import { execFile, spawnSync } from 'node:child_process';
import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { SIZE, TIMEOUT_MS } from '../proof/settings.ts';

const model = fileURLToPath(new URL('../../src/delivery/lane.pml', import.meta.url));
const run = promisify(execFile);

const missing = ['spin', 'gcc'].filter((tool) => spawnSync(tool, ['--version']).error !== undefined);
const remedy = `the lane model needs spin and gcc (Debian: apt-get install spin gcc libc6-dev); not found: ${missing.join(', ')}`;
// CI installs both, so there a missing one is a failure. A user's bare machine may do without.
const skipped = missing.length > 0 && !process.env['CI'];

/** `assertions`: P2 to P7, and that nobody gets stuck half-way. `eventually`: P1. */
type Search = 'assertions' | 'eventually';

interface Found {
  errors: number;
  states: number;
  complete: boolean;
  /** Lines of the model that no run ever took. */
  untaken: string[];
  /** With an error: the property that broke, and the steps that led there. */
  broken: string | undefined;
  trace: string;
}

async function check(search: Search, settings: string, optimize = '-O2'): Promise<Found> {
  if (missing.length > 0) throw new Error(remedy);
  const cwd = await mkdtemp(join(tmpdir(), 'fairlead-lane-'));
  const say = async (command: string, args: string[]): Promise<string> =>
    (await run(command, args, { cwd, maxBuffer: 64 * 1024 * 1024 })).stdout;
  try {
    await copyFile(model, join(cwd, 'lane.pml'));
    const defines = settings.split(' ').map((name) => `-D${name}`);
    await say('spin', [...defines, '-a', 'lane.pml']);
    const kind = search === 'assertions' ? ['-DSAFETY', '-DNOCLAIM'] : [];
    // Slower, and a third of the memory: 9 million states then take 620 MB.
    const memory = SIZE === 'whole' ? ['-DCOLLAPSE', '-DMEMLIM=4000'] : [];
    await say('gcc', [optimize, '-w', ...kind, ...memory, '-o', 'pan', 'pan.c']);
    const output = await say('./pan', search === 'assertions' ? [] : ['-a']);
    const errors = Number(/errors: (\d+)/.exec(output)?.[1]);
    const trace = errors === 0 ? '' : await say('spin', [...defines, '-t', '-p', 'lane.pml']);
    return {
      errors,
      states: Number(/(\d+) states, stored/.exec(output)?.[1]),
      complete: !/Search not completed|max search depth too small/.test(output),
      untaken: output.split('\n').filter((line) => line.includes('lane.pml:') && !line.includes('"-end-"')),
      broken: output.includes('acceptance cycle (') ? 'P1' : await brokenAssertion(trace),
      trace,
    };
  } finally {
    await rm(cwd, { recursive: true, force: true });
  }
}

/** The model names each assertion in a comment on its line. */
async function brokenAssertion(trace: string): Promise<string | undefined> {
  const line = /lane\.pml:(\d+), Error: assertion violated/.exec(trace)?.[1];
  if (line === undefined) return undefined;
  const source = (await readFile(model, 'utf8')).split('\n');
  return /P\d/.exec(source[Number(line) - 1] ?? '')?.[0];
}

describe.skipIf(skipped)(`the lane protocol${skipped ? ` (skipped: ${remedy})` : ''}`, () => {
  const holds: [atLeast: number, Search, says: string, settings: string][] = [
    [1_000_000, 'eventually', 'P1: nothing due sleeps for ever', 'PUBLISHER_DIES FAULTS=1'],
    [1_000_000, 'eventually', 'P1: no wake-up is lost while publishers live', 'NO_SWEEP FAULTS=2'],
    [1_000_000, 'assertions', 'P2 to P7: two failures', 'NO_SWEEP FAULTS=2'],
    [1_000_000, 'assertions', 'P2 to P7: three deliveries', 'PUBLISHER_DIES FAULTS=0 DELIVERIES=3'],
  ];
  if (SIZE === 'whole')
    holds.push(
      [5_000_000, 'eventually', 'P1: publishers die, and two failures', 'PUBLISHER_DIES FAULTS=2'],
      [5_000_000, 'assertions', 'P2 to P7: publishers die, and two failures', 'PUBLISHER_DIES FAULTS=2'],
      [5_000_000, 'assertions', 'P2 to P7: three failures', 'NO_SWEEP FAULTS=3'],
    );
  for (const [atLeast, search, says, settings] of holds) {
    test(`${says} [${settings}]`, { timeout: TIMEOUT_MS }, async () => {
      const found = await check(search, settings);
      expect(found).toMatchObject({ errors: 0, trace: '', complete: true });
      expect(found.states).toBeGreaterThan(atLeast);
    });
  }

  test(
    'P2 to P7: publishers die; and every step of the model is taken',
    { timeout: TIMEOUT_MS },
    async () => {
      const found = await check('assertions', 'PUBLISHER_DIES FAULTS=1');
      expect(found).toMatchObject({ errors: 0, trace: '', complete: true, untaken: [] });
      expect(found.states).toBeGreaterThan(1_000_000);
    },
  );

  // A model that cannot fail proves nothing: take a rule out, and spin must find the property that it carries.
  const fails: [broken: string, rule: string, settings: string][] = [
    ['P1', 'a release looks at wake', 'RELEASE_IGNORES_WAKE NO_SWEEP FAULTS=0'],
    ['P1', 'wake is seen before the read', 'WAKE_SEEN_AFTER_READ NO_SWEEP FAULTS=0'],
    ['P1', 'a lane that looks due is woken too', 'PUBLISHER_SKIPS_DUE_LANE NO_SWEEP FAULTS=0'],
    ['P1', 'a sweep makes up for a dead publisher', 'NO_SWEEP PUBLISHER_DIES FAULTS=0'],
    ['P1', 'a claim leaves due as it is', 'CLAIM_CLEARS_DUE NO_SWEEP FAULTS=1'],
    ['P2', 'a settle is fenced by the token', 'SETTLE_WITHOUT_TOKEN FAULTS=1'],
    ['P3', 'a row stays until it is settled', 'DELETE_ON_READ FAULTS=0'],
    ['P4', 'a settle is fenced by the attempt number', 'SETTLE_WITHOUT_ATTEMPT FAULTS=1'],
    ['P5', 'a read leaves out what is in flight', 'READ_IGNORES_FLIGHT FAULTS=0'],
    ['P6', 'nothing is sent past the own deadline', 'SEND_PAST_DEADLINE FAULTS=1'],
    ['P6', 'the own deadline counts from before the request', 'DEADLINE_AFTER_ANSWER FAULTS=1'],
    ['P7', 'a claim checks again what the candidate read saw', 'CLAIM_WITHOUT_RECHECK FAULTS=0'],
  ];
  for (const [broken, rule, settings] of fails) {
    test(
      `${broken} breaks without the rule that ${rule} [${settings}]`,
      { timeout: TIMEOUT_MS },
      async () => {
        const found = await check(broken === 'P1' ? 'eventually' : 'assertions', settings, '-O0');
        expect(found).toMatchObject({ errors: 1, broken });
      },
    );
  }
});
