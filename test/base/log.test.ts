import { execFile } from 'node:child_process';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
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
