import { readFileSync, statSync } from 'node:fs';
import { isIP } from 'node:net';
import type { Clock } from '../base/clock.ts';
import { isLocalhost } from './egress-guard.ts';

/** The names that this machine resolves itself: `localhost` and those in its hosts file. */
export interface HostsFile {
  /** The addresses of a name; null if DNS has to be asked. */
  find(name: string): string[] | null;
}

const LOOPBACK = ['127.0.0.1', '::1'];

const RECHECK_MS = 2_000;

/** The system's path of the file. */
export const SYSTEM_HOSTS =
  process.platform === 'win32' ? 'C:\\Windows\\System32\\drivers\\etc\\hosts' : '/etc/hosts';

/** Reads the file again when it has changed; checks for a change at most every two seconds. */
export function openHostsFile(path: string, clock: Clock): HostsFile {
  const changed = watchFile(path, clock);
  let names = new Map<string, string[]>();

  return {
    find(name) {
      if (changed()) names = readHosts(path);
      return names.get(name) ?? (isLocalhost(name) ? LOOPBACK : null);
    },
  };
}

/**
 * Whether a file has changed since the last call, checked at most every two seconds; true at the first call. The
 * check is synchronous: an asynchronous stat would queue behind password hashing in libuv's four threads, which the
 * resolver is built to avoid. This one takes microseconds.
 */
export function watchFile(path: string, clock: Clock): () => boolean {
  let seen: number | undefined;
  let next = -Infinity;

  return function changed() {
    if (clock.monotonic() < next) return false;
    next = clock.monotonic() + RECHECK_MS;
    const mtime = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    const isNew = mtime !== seen;
    seen = mtime;
    return isNew;
  };
}

function readHosts(path: string): Map<string, string[]> {
  const names = new Map<string, string[]>();
  for (const line of readText(path).split('\n')) {
    const [address, ...aliases] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (!address || !isIP(address)) continue;
    for (const alias of aliases) {
      const name = alias.toLowerCase();
      const known = names.get(name);
      if (!known) names.set(name, [address]);
      else if (!known.includes(address)) known.push(address);
    }
  }
  return names;
}

/** A machine without a readable hosts file resolves no names itself. */
function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
