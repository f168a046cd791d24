import { execFile } from 'node:child_process';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { shownError } from '../../src/base/log.ts';
import { PROJECT } from '../kit/process.ts';

const run = promisify(execFile);

test('a log that cannot be written, for example on a full disk, does not end the process', async () => {
  const log = pathToFileURL(path.join(PROJECT, 'dist/base/log.js')).href;
  const program = `
    const { makeLog } = await import('${log}');
    const log = makeLog('info');
    for (let n = 0; n < 5; n++) {
      log.info({ n }, 'a line');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    console.log('still here');`;
  // /dev/full is always full.
  const command = 'exec "$0" --input-type=module -e "$1" 2>/dev/full';
  const { stdout } = await run('sh', ['-c', command, process.execPath, program]);
  expect(stdout).toBe('still here\n');
});

test('the log has no row that the database refused', () => {
  const error = Object.assign(new Error('null value in column "status"'), {
    code: '23502',
    detail: 'Failing row contains (jane@example.com, A secret).',
    where: 'JSON data, line 1: {"text":"A secret',
  });
  const shown = shownError(error);
  expect(shown).toMatchObject({ type: 'Error', message: 'null value in column "status"', code: '23502' });
  expect(JSON.stringify(shown)).not.toContain('secret');
  expect(shownError('in words')).toBe('in words');
});
