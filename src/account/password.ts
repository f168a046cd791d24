import { randomBytes, scrypt } from 'node:crypto';
import { invalid } from '../base/errors.ts';
import { sameBytes } from '../base/hmac.ts';

/** scrypt's cost: 32 MiB and three rounds, one of OWASP's recommended settings; kept with each hash. */
const COST = { N: 2 ** 15, r: 8, p: 3 };
const HASH_BYTES = 32;
/** Of a password, in characters. */
const SHORTEST = 10;
const LONGEST = 200;

/** Hashes at once: each takes a thread of libuv's four and 32 MiB, and others wait for threads, too. */
const AT_ONCE = 2;

/** Throws `validation_error` naming `password` where it is too short, too long, or its owner's address or name. */
export function checkPassword(password: string, owner: { email: string; name: string }): void {
  if (password.length < SHORTEST) throw invalid('password', `must have at least ${SHORTEST} characters`);
  if (password.length > LONGEST) throw invalid('password', `must have at most ${LONGEST} characters`);
  const lower = password.toLowerCase();
  if (lower === owner.email.toLowerCase() || lower === owner.name.toLowerCase())
    throw invalid('password', 'must not be your name or address');
  if (new Set(lower).size < 4) throw invalid('password', 'must have at least 4 different characters');
}

/** A password as it is stored: `scrypt$N$r$p$salt$hash`, salt and hash in base64. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const hash = await derive(password, salt, COST);
  return ['scrypt', COST.N, COST.r, COST.p, salt.toString('base64'), hash.toString('base64')].join('$');
}

/**
 * Whether this is the password that was stored. It takes as long where there is none: an answer must not tell
 * whether somebody has an account.
 */
export async function isPassword(password: string, stored: string | null): Promise<boolean> {
  const [, N, r, p, salt, hash] = (stored ?? NOBODY).split('$');
  const cost = { N: Number(N), r: Number(r), p: Number(p) };
  const derived = await derive(password, Buffer.from(salt!, 'base64'), cost);
  return sameBytes(derived, Buffer.from(hash!, 'base64')) && stored !== null;
}

const NOBODY = ['scrypt', COST.N, COST.r, COST.p, 'AAAAAAAAAAAAAAAAAAAAAA==', ''].join('$');

let running = 0;
const waiting: (() => void)[] = [];

async function derive(password: string, salt: Buffer, cost: typeof COST): Promise<Buffer> {
  if (running >= AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
  else running += 1;
  try {
    return await new Promise((resolve, reject) => {
      // The same letters can be written in several ways; what was typed on another keyboard must fit, too.
      const typed = password.normalize('NFKC');
      const options = { ...cost, maxmem: 2 * 128 * cost.N * cost.r };
      scrypt(typed, salt, HASH_BYTES, options, (error, key) => (error ? reject(error) : resolve(key)));
    });
  } finally {
    const next = waiting.shift();
    if (next) next();
    else running -= 1;
  }
}
