import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { makeLog } from '../../src/base/log.ts';
import { startEmbedded, type PostgresConnection } from '../../src/db/embedded/embedded.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The PostgreSQL that all tests share; each test file clones its own database in it. */
    postgres: PostgresConnection;
  }
}

/** Starts it before the first test file, and cleans up after the last. */
export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'fairlead-test-'));
  // As root the server runs as another user, who needs access.
  await chmod(dataDir, 0o711);
  const server = await startEmbedded({ dataDir, log: makeLog('silent'), durable: false });
  provide('postgres', server.connection);
  return async () => {
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
}
