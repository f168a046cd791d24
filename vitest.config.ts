import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/kit/memory-directory.ts', 'test/kit/postgres.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // What a page does after a click takes as long as the machine lets it.
    expect: { poll: { timeout: 15_000 } },
    // Two cores, and much waiting for processes and browsers: a third worker works meanwhile.
    maxWorkers: 3,
    // Proofs run several processes each: more at once would starve the tests of the other workers.
    maxConcurrency: 3,
    // The files of a worker share its modules, which take longer to load than many a file to run.
    isolate: false,
    // New objects are collected a third as often: half of the time of all collections.
    execArgv: ['--max-semi-space-size=64'],
    reporters: process.env['CI'] ? ['default'] : ['default'],
  },
});
