import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/kit/postgres.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // What a page does after a click takes as long as the machine lets it.
    expect: { poll: { timeout: 15_000 } },
    // Two cores: more workers only make the database slower for everyone.
    maxWorkers: 2,
    reporters: process.env['CI'] ? ['default'] : ['default'],
  },
});
