import { randomBytes, scrypt } from 'node:crypto';
import { invalid } from '../base/errors.ts';
import { sameBytes } from '../base/hmac.ts';
import { isCommonPassword } from './common-password.ts';

/** scrypt's cost: 32 MiB and three rounds, one of OWASP's recommended settings; kept with each hash. */
const COST = { N: 2 ** 15, r: 8, p: 3 };
const HASH_BYTES = 32;
/** Of a password, in characters. */
const SHORTEST = 10;
const LONGEST = 200;

/** Throws `validation_error` naming `password` where it is too short, too long, or easy to guess. */
export async function checkPassword(password: string, owner: { email: string; name: string }): Promise<void> {
  if (password.length < SHORTEST) throw invalid('password', `must have at least ${SHORTEST} characters`);
  if (password.length > LONGEST) throw invalid('password', `must have at most ${LONGEST} characters`);
  const lower = folded(password);
  if (isOwn(lower, owner)) throw invalid('password', 'must not be your name, your address or Fairlead');
  if (new Set(lower).size < 4) throw invalid('password', 'must have at least 4 different characters');
  if (isPattern(lower) || (await isCommonPassword(lower, SHORTEST)))
    throw invalid('password', 'is one of the most common passwords; a few words are better');
}

/** Whether nothing but digits and signs was put around what everybody knows of its owner, or of this program. */
function isOwn(lower: string, { email, name }: { email: string; name: string }): boolean {
  const bare = withoutEnds(lower);
  const [local = ''] = email.split('@');
  const known = [email, local, name, name.replaceAll(/\s/g, ''), 'fairlead'].map(folded);
  return known.some((own) => own !== '' && (own === lower || (bare !== '' && withoutEnds(own) === bare)));
}

function withoutEnds(text: string): string {
  return text.replaceAll(/^[^\p{L}]+|[^\p{L}]+$/gu, '');
}

/** A few characters over and over (`1234512345`), or neighbours in a row (`0123456789`, `jihgfedcba`). */
function isPattern(lower: string): boolean {
  if (/^(.{1,8})\1+$/su.test(lower)) return true;
  const steps = Array.from(lower.slice(1), (_, at) => lower.charCodeAt(at + 1) - lower.charCodeAt(at));
  // 9 and 0 are neighbours on the keyboard.
  return [1, -1].some((step) => steps.every((item) => item === step || item === -9 * step));
}

function folded(text: string): string {
  return text.normalize('NFKC').trim().toLowerCase();
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

/** One takes a quarter of a second: account/hashing-queue.ts says whose turn it is. */
function derive(password: string, salt: Buffer, cost: typeof COST): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // The same letters can be written in several ways; what was typed on another keyboard must fit, too.
    const typed = password.normalize('NFKC');
    const options = { ...cost, maxmem: 2 * 128 * cost.N * cost.r };
    scrypt(typed, salt, HASH_BYTES, options, (error, key) => (error ? reject(error) : resolve(key)));
  });
}
