// The set-up that every script starts with, in plain JavaScript without dependencies: installs dependencies if the
// lockfile changed, and builds the program and the dashboard if their sources changed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  rmdirSync,
  cpSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { findPlace } from '../src/db/embedded/data-dir-location.mjs';

export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const stampFile = path.join(root, 'node_modules', '.fairlead-setup.json');

/** The path of a dependency's program, to be run by this Node. */
export function bin(name) {
  const folder = path.join(root, 'node_modules', name);
  const { bin: programs } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
  return path.join(
    folder,
    typeof programs === 'string' ? programs : (programs[name] ?? Object.values(programs)[0]),
  );
}

/** Runs a program to its end; if its exit code is not 0, this process exits with it. */
export function run(file, args = [], options = {}) {
  const { status, signal } = spawnSync(process.execPath, [file, ...args], {
    cwd: root,
    stdio: 'inherit',
    ...options,
  });
  if (status !== 0) process.exit(status ?? (signal ? 1 : 0));
}

/** Exits if the server would find no place for its data, before the set-up, which takes a while. */
export function mustHavePlace() {
  const place = findPlace({ root, cwd: process.cwd(), env: process.env });
  if ('problem' in place) fail(place.problem);
}

/** Installs dependencies and builds, as far as they are out of date. */
export function setup() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    fail(`Node ${process.versions.node} is too old; 20.19 or newer is needed.`);
  }
  install();
  build();
  buildPages();
}

/** Ends the process with a message. */
export function fail(why) {
  console.error(`fairlead: ${why}`);
  process.exit(1);
}

function install() {
  const wanted = hashOf([path.join(root, 'package-lock.json')]);
  if (stamp().install === wanted) return;
  announce('installing dependencies (once)');
  const windows = process.platform === 'win32';
  const cache = isWritable(npmCache()) ? null : mkdtempSync(path.join(tmpdir(), 'npm-'));
  const { status, error } = spawnSync(
    windows ? 'npm.cmd' : 'npm',
    ['ci', '--no-audit', '--no-fund', '--loglevel=error'],
    {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
      shell: windows,
      // Overrides npm's default folder: a user without a home has none.
      env: { ...process.env, ...(cache !== null && { npm_config_cache: cache }) },
    },
  );
  if (cache !== null) rmSync(cache, { recursive: true, force: true });
  if (status !== 0) fail(`npm ci failed (${error?.code ?? `exit code ${status}`}); its output is above.`);
  writeStamp({ install: wanted });
}

/** npm's cache folder; '' for a user without a home. */
function npmCache() {
  try {
    return process.env.npm_config_cache ?? path.join(homedir(), '.npm');
  } catch {
    return '';
  }
}

/** Announces a step that takes a while; exits if the folder is not writable. */
function announce(what) {
  if (!isWritable(root)) {
    fail(
      `${root} is not set up (${what}) and is not writable: run \`npm run build\` there as a user with write access.`,
    );
  }
  console.error(`fairlead: ${what}`);
}

/** Whether a folder is writable or, if it does not exist, its parent. */
function isWritable(folder) {
  if (folder === '') return false;
  if (!existsSync(folder)) return path.dirname(folder) !== folder && isWritable(path.dirname(folder));
  try {
    rmdirSync(mkdtempSync(path.join(folder, '.fairlead-')));
    return true;
  } catch {
    return false;
  }
}

/** Compiles src to dist, and bundles the program there, if it has changed. */
export function build() {
  const sources = files(path.join(root, 'src'));
  const wanted = hashOf([
    ...sources,
    path.join(root, 'tsconfig.json'),
    path.join(root, 'tsconfig.build.json'),
    path.join(root, 'vite.server.config.ts'),
    path.join(root, 'package-lock.json'),
  ]);
  if (stamp().build === wanted && existsSync(path.join(root, 'dist', 'main.js'))) return;
  announce('compiling');
  clear(path.join(root, 'dist'), 'web');
  run(path.join(root, 'node_modules', 'typescript', 'bin', 'tsc'), ['-p', 'tsconfig.build.json']);
  for (const file of sources.filter((name) => name.endsWith('.sql'))) {
    cpSync(file, file.replace(path.join(root, 'src'), path.join(root, 'dist')));
  }
  run(bin('vite'), ['build', '--config', 'vite.server.config.ts', '--logLevel', 'warn']);
  // npm sets this once, when it links the program; without it `npx fairlead` fails after the next build.
  chmodSync(path.join(root, 'dist', 'main.js'), 0o755);
  writeStamp({ ...stamp(), build: wanted });
}

/** Bundles web to dist/web if it has changed. */
function buildPages() {
  const wanted = hashOf([
    ...files(path.join(root, 'web')),
    path.join(root, 'vite.config.ts'),
    path.join(root, 'vite.public.config.ts'),
    path.join(root, 'package-lock.json'),
  ]);
  if (stamp().pages === wanted && existsSync(path.join(root, 'dist', 'web', 'index.html'))) return;
  announce('building the dashboard');
  rmSync(path.join(root, 'dist', 'web'), { recursive: true, force: true });
  run(bin('vite'), ['build', '--logLevel', 'warn']);
  run(bin('vite'), ['build', '--config', 'vite.public.config.ts', '--logLevel', 'warn']);
  writeStamp({ ...stamp(), pages: wanted });
}

/** Makes the next set-up compile again. */
export function forgetBuild() {
  if (stamp().build !== undefined) writeStamp({ ...stamp(), build: undefined });
}

/** A hash of all files in dist/ that the server runs. */
export function hashOfProgram() {
  const dist = path.join(root, 'dist');
  return hashOf(files(dist).filter((name) => !name.startsWith(path.join(dist, 'web'))));
}

/** Empties a folder except for one entry. */
function clear(folder, kept) {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder).filter((item) => item !== kept)) {
    rmSync(path.join(folder, name), { recursive: true, force: true });
  }
}

function files(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

function hashOf(names) {
  const hash = createHash('sha256').update(process.version);
  // By names relative to the checkout, which may be built in one place and mounted in another.
  for (const name of names) hash.update(path.relative(root, name)).update(readFileSync(name));
  return hash.digest('hex');
}

function stamp() {
  return existsSync(stampFile) ? JSON.parse(readFileSync(stampFile, 'utf8')) : {};
}

function writeStamp(value) {
  mkdirSync(path.dirname(stampFile), { recursive: true });
  writeFileSync(stampFile, JSON.stringify(value));
}
