// npm run dev: compiles and bundles on every change and restarts the server. It runs the same program that ships.
import { spawn } from 'node:child_process';
import { bin, mustHavePlace, root, setup } from './setup.mjs';

mustHavePlace();
setup();
const children = [
  spawn(
    process.execPath,
    [bin('typescript'), '-p', 'tsconfig.build.json', '--watch', '--preserveWatchOutput'],
    { cwd: root, stdio: 'inherit' },
  ),
  ...['vite.config.ts', 'vite.forms.config.ts'].map((config) =>
    spawn(process.execPath, [bin('vite'), 'build', '--config', config, '--watch', '--logLevel', 'warn'], {
      cwd: root,
      stdio: 'inherit',
    }),
  ),
  spawn(process.execPath, ['--watch-path=dist', '--watch-preserve-output', 'dist/main.js'], {
    cwd: root,
    stdio: 'inherit',
  }),
];
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => children.forEach((child) => child.kill(signal)));
}
