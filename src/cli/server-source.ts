import { open, readFile } from 'node:fs/promises';
import path from 'node:path';
import { EXIT, StartError } from '../base/errors.ts';
import type { Config } from '../config.ts';
import { isLocalhost } from '../net/egress-guard.ts';
import { usage, type Options } from './arguments.ts';

/** Maximum bytes read from a key file. */
const MAX_KEY_FILE = 4_096;

/** The server that a command is a client of, and the API key. */
export interface Source {
  url: string;
  key: string;
}

/**
 * The server and key from the options; else the server of these settings with the key of its first start.
 * @param example options of `fairlead key create` that make a suitable key
 */
export async function sourceOf(config: Config, options: Options, example: string): Promise<Source> {
  const url = (options['url'] ?? (config.publicUrl || localUrl(config))).replace(/\/+$/, '');
  if (!isPlainUrl(url))
    throw usage('--url must be the URL of a Fairlead server, such as http://127.0.0.1:3000.');
  const key = (await namedKey(config, options)) ?? (await firstKey(config, url));
  if (key === null) {
    throw usage(
      `No API key: use --key-file or FAIRLEAD_API_KEY. \`fairlead key create ${example}\` creates one.`,
    );
  }
  return { url, key };
}

/** The key from the options or the environment; null if there is none. It is never repeated in messages. */
async function namedKey(config: Config, { key, 'key-file': file }: Options): Promise<string | null> {
  if (key !== undefined && file !== undefined) throw usage('--key and --key-file exclude each other.');
  if (key !== undefined) return checkedKey(key, '--key');
  if (file !== undefined) return checkedKey(await keyIn(file), '--key-file');
  return config.apiKey === '' ? null : checkedKey(config.apiKey, 'FAIRLEAD_API_KEY');
}

/** `fetch` would repeat a key that is not a valid header value in its error. */
function checkedKey(key: string, where: string): string {
  if (/^[\x21-\x7e]{1,200}$/.test(key)) return key;
  throw usage(`${where} does not contain an API key: one line with fl_live_… and 32 letters and digits.`);
}

/** The key from a file or a pipe (`--key-file /dev/stdin`). */
async function keyIn(file: string): Promise<string> {
  const handle = await open(file).catch((error: NodeJS.ErrnoException) => {
    throw usage(`--key-file cannot be read (${error.code}).`);
  });
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(MAX_KEY_FILE), 0, MAX_KEY_FILE);
    return buffer.toString('utf8', 0, bytesRead).trim();
  } catch (error) {
    throw usage(`--key-file cannot be read (${(error as NodeJS.ErrnoException).code}).`);
  } finally {
    await handle.close();
  }
}

function localUrl({ host, port }: Config): string {
  if (port === 0) throw usage('PORT is 0: name the server with --url http://127.0.0.1:…');
  const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  return `http://${name}:${port}`;
}

/** The key that the first start stored in the data directory; only for a server on this machine. */
async function firstKey(config: Config, url: string): Promise<string | null> {
  const { hostname } = new URL(url);
  const here = isLocalhost(hostname) || /^127\.|^\[::1\]$/.test(hostname) || url === config.publicUrl;
  if (!here) return null;
  const text = await readFile(path.join(config.dataDir, 'first-start.txt'), 'utf8').catch(() => '');
  return /fl_live_\w{32}/.exec(text)?.[0] ?? null;
}

export function authorization({ key }: Source): Record<string, string> {
  return { authorization: `Bearer ${key}` };
}

/** A URL for messages: its path may contain a token. */
export function shown(url: string): string {
  return new URL(url).origin;
}

export function unreachable({ url }: Source, error: Error): StartError {
  return new StartError(`No Fairlead server at ${shown(url)} (${reason(error)}). Name it with --url.`, {
    exit: EXIT.tryAgain,
  });
}

/** The error of `fetch` is generic; its cause has the reason. */
export function reason(error: Error): string {
  const cause = error.cause as (Error & { code?: string }) | undefined;
  return cause?.code ?? cause?.message ?? error.message;
}

/** `fetch` rejects a URL with a password, and repeats it in the error. */
export function isPlainUrl(text: string): boolean {
  if (!/^https?:\/\//.test(text) || text.length > 8_000 || !URL.canParse(text)) return false;
  const { username, password } = new URL(text);
  return username === '' && password === '';
}
