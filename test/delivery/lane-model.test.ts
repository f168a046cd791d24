import { execFile, spawnSync } from 'node:child_process';
import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';

const model = fileURLToPath(new URL('../../src/delivery/lane.pml', import.meta.url));
const run = promisify(execFile);

const missing = ['spin', 'gcc'].filter((tool) => spawnSync(tool, ['-v']).error !== undefined);
const remedy = `the lane model needs spin and gcc (Debian: apt-get install spin gcc); not found: ${missing.join(', ')}`;
// CI installs both, so there a missing one is a failure. A user's bare machine may do without.
const skipped = missing.length > 0 && !process.env['CI'];

/** `assertions`: P2 to P7, and that nobody gets stuck. `eventually`: P1. */
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

async function check(search: Search, names: string[], optimize = '-O2'): Promise<Found> {
  if (missing.length > 0) throw new Error(remedy);
  const cwd = await mkdtemp(join(tmpdir(), 'fairlead-lane-'));
  const say = async (command: string, args: string[]): Promise<string> =>
    (await run(command, args, { cwd, maxBuffer: 64 * 1024 * 1024 })).stdout;
  try {
    await copyFile(model, join(cwd, 'lane.pml'));
    const defines = names.map((name) => `-D${name}`);
    await say('spin', [...defines, '-a', 'lane.pml']);
    const kind = search === 'assertions' ? ['-DSAFETY', '-DNOCLAIM'] : [];
    await say('gcc', [optimize, '-w', ...kind, '-o', 'pan', 'pan.c']);
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
  const holds: { says: string; search: Search; names: string[]; atLeast: number }[] = [
    {
      says: 'P1: nothing due sleeps for ever, though workers fail and publishers die before the wake',
      search: 'eventually',
      names: ['PUBLISHER_DIES', 'FAULTS=1'],
      atLeast: 500_000,
    },
    {
      says: 'P1: where no publisher dies, no wake-up is lost, with no sweep to find it again',
      search: 'eventually',
      names: ['NO_SWEEP', 'FAULTS=2'],
      atLeast: 500_000,
    },
    {
      says: 'P1: nor with a settle that does not lock the lane',
      search: 'eventually',
      names: ['FENCE_BY_SNAPSHOT', 'NO_SWEEP', 'FAULTS=1'],
      atLeast: 100_000,
    },
    {
      says: 'P2 to P7: the lease, the fences and at least once, with three deliveries',
      search: 'assertions',
      names: ['PUBLISHER_DIES', 'FAULTS=0', 'DELIVERIES=3'],
      atLeast: 1_000_000,
    },
    {
      says: 'P3 to P7: also with a settle that does not lock the lane',
      search: 'assertions',
      names: ['FENCE_BY_SNAPSHOT', 'PUBLISHER_DIES', 'FAULTS=1'],
      atLeast: 1_000_000,
    },
  ];
  test.each(holds)('$says', { timeout: 120_000 }, async ({ search, names, atLeast }) => {
    const found = await check(search, names);
    expect(found.errors, found.trace).toBe(0);
    expect(found.complete).toBe(true);
    expect(found.states).toBeGreaterThan(atLeast);
  });

  test('P2 to P7: with two failures; and no step of the model is idle', { timeout: 120_000 }, async () => {
    const found = await check('assertions', ['PUBLISHER_DIES', 'FAULTS=2']);
    expect(found.errors, found.trace).toBe(0);
    expect(found.complete).toBe(true);
    expect(found.states).toBeGreaterThan(5_000_000);
    expect(found.untaken).toEqual([]);
  });

  // A model that cannot fail proves nothing: take a rule out, and spin must find the property that it carries.
  const fails: { rule: string; search: Search; names: string[]; broken: string }[] = [
    {
      rule: 'a release looks at wake',
      search: 'eventually',
      names: ['RELEASE_IGNORES_WAKE', 'NO_SWEEP', 'FAULTS=0'],
      broken: 'P1',
    },
    {
      rule: 'wake is taken before the read that justifies the release',
      search: 'eventually',
      names: ['WAKE_SEEN_AFTER_READ', 'NO_SWEEP', 'FAULTS=0'],
      broken: 'P1',
    },
    {
      rule: 'a publisher wakes a lane that looks due, too',
      search: 'eventually',
      names: ['PUBLISHER_SKIPS_DUE_LANE', 'NO_SWEEP', 'FAULTS=0'],
      broken: 'P1',
    },
    {
      rule: 'a sweep finds what a dead publisher did not wake',
      search: 'eventually',
      names: ['NO_SWEEP', 'PUBLISHER_DIES', 'FAULTS=0'],
      broken: 'P1',
    },
    {
      rule: 'a claim leaves due as it is',
      search: 'eventually',
      names: ['CLAIM_CLEARS_DUE', 'NO_SWEEP', 'FAULTS=1'],
      broken: 'P1',
    },
    {
      rule: 'a settle is fenced by the token',
      search: 'assertions',
      names: ['SETTLE_WITHOUT_TOKEN', 'FAULTS=1'],
      broken: 'P2',
    },
    {
      rule: 'a row stays until it is settled',
      search: 'assertions',
      names: ['DELETE_ON_READ', 'FAULTS=0'],
      broken: 'P3',
    },
    {
      rule: 'a settle is fenced by the attempt number',
      search: 'assertions',
      names: ['SETTLE_WITHOUT_ATTEMPT', 'FAULTS=1'],
      broken: 'P4',
    },
    {
      rule: 'a read leaves out what is in flight',
      search: 'assertions',
      names: ['READ_IGNORES_FLIGHT', 'FAULTS=0'],
      broken: 'P5',
    },
    {
      rule: 'nothing is sent past the own deadline',
      search: 'assertions',
      names: ['SEND_PAST_DEADLINE', 'FAULTS=1'],
      broken: 'P6',
    },
    {
      rule: 'the own deadline counts from before the request',
      search: 'assertions',
      names: ['DEADLINE_AFTER_ANSWER', 'FAULTS=1'],
      broken: 'P6',
    },
    {
      rule: 'a claim checks again what the candidate read saw',
      search: 'assertions',
      names: ['CLAIM_WITHOUT_RECHECK', 'FAULTS=0'],
      broken: 'P7',
    },
  ];
  test.each(fails)(
    'without "$rule", $broken breaks',
    { timeout: 120_000 },
    async ({ search, names, broken }) => {
      const found = await check(search, names, '-O0');
      expect(found.errors).toBe(1);
      expect(found.broken, found.trace).toBe(broken);
    },
  );
});
