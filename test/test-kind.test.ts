import { expect, test } from 'vitest';
import { testFiles } from '../scripts/test-kind.mjs';

test.each([
  ['test/base/coalesce.test.ts', 'unit'],
  ['test/db/sql.test.ts', 'unit'],
  ['test/http/body.test.ts', 'api'],
  // Through test/kit/form-scenario.ts and its visitors, no browser.
  ['test/crm/form.test.ts', 'api'],
  ['test/stop.test.ts', 'program'],
  ['test/delivery/lane-model.test.ts', 'program'],
  ['test/hostile/operations.test.ts', 'long'],
  ['test/proof/proofs.test.ts', 'long'],
  ['test/delivery/stream.test.ts', 'long'],
  ['test/web/layout.test.ts', 'browser'],
  ['test/web/dev-server.test.ts', 'browser'],
])('%s has the kind %s, by what it imports and waits for', (file, kind) => {
  expect(testFiles().find((item) => item.file === file)).toEqual({ file, kind });
});
