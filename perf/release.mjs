import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { scratch } from './scratch.mjs';

const REPOSITORY = fileURLToPath(new URL('..', import.meta.url));

/** The commit of each release, as in the CHANGELOG. */
/** @type {Record<string, string>} */
export const RELEASES = {
  '0.1.0': 'ce79864e45410edd817cbc96f9e9662b9201f88e',
};

/** @type {Map<string, Promise<string>>} by commit: each is built once per run */
const built = new Map();

/**
 * Builds a release from this repository's history, with its own dependencies, in a scratch folder. Throws a
 * one-line error if the release does not exist or its commit is missing.
 * @param {string} version such as `0.1.0`
 * @returns {Promise<string>} the folder
 */
export function buildRelease(version) {
  const commit = RELEASES[version];
  if (commit === undefined) {
    throw new Error(`Unknown release ${version}; must be one of ${Object.keys(RELEASES).join(', ')}.`);
  }
  requireCommit(version, commit);
  const building = built.get(commit) ?? build(version, commit);
  built.set(commit, building);
  return building;
}

function requireCommit(/** @type {string} */ version, /** @type {string} */ commit) {
  const git = (/** @type {string[]} */ ...args) =>
    spawnSync('git', args, { cwd: REPOSITORY, encoding: 'utf8', env: withoutGit(process.env) });
  if (git('cat-file', '-e', `${commit}^{commit}`).status === 0) return;
  const shallow = git('rev-parse', '--is-shallow-repository').stdout?.trim();
  throw new Error(
    shallow === 'true'
      ? `Release ${version} is commit ${commit.slice(0, 7)}, which this shallow clone lacks: run git fetch --unshallow.`
      : `Release ${version} is commit ${commit.slice(0, 7)}, which is missing: a git clone with its whole history is required.`,
  );
}

async function build(/** @type {string} */ version, /** @type {string} */ commit) {
  const folder = path.join(await scratch({ lasts: 'run' }), `fairlead-${version}`);
  mkdirSync(folder);
  console.error(`${version}: installing and building ${commit.slice(0, 7)} in ${folder}`);
  // Not a worktree: an interruption leaves nothing in .git.
  const files = execFileSync('git', ['archive', '--format=tar', commit], {
    cwd: REPOSITORY,
    env: withoutGit(process.env),
    maxBuffer: 1024 ** 3,
  });
  execFileSync('tar', ['-x', '-f', '-'], { cwd: folder, input: files });
  const windows = process.platform === 'win32';
  for (const args of [
    ['ci', '--no-audit', '--no-fund', '--loglevel=error'],
    ['run', 'build'],
  ]) {
    execFileSync(windows ? 'npm.cmd' : 'npm', args, {
      cwd: folder,
      env: withoutNpm(process.env),
      stdio: ['ignore', 'ignore', 'inherit'],
      shell: windows,
    });
  }
  const { version: found } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
  if (found !== version) throw new Error(`Commit ${commit.slice(0, 7)} is ${found}, not ${version}.`);
  return folder;
}

/** Without GIT_DIR and the like: in a git hook they name another repository. */
function withoutGit(/** @type {NodeJS.ProcessEnv} */ env) {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('GIT_')));
}

/** Without the variables that the calling npm sets for this package. */
function withoutNpm(/** @type {NodeJS.ProcessEnv} */ env) {
  const ours = /^(npm_(package|lifecycle|command|execpath).*|npm_config_local_prefix|INIT_CWD|NODE_OPTIONS)$/;
  return Object.fromEntries(Object.entries(env).filter(([name]) => !ours.test(name)));
}
