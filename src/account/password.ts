import { randomBytes, scrypt } from 'node:crypto';
import { invalid } from '../base/errors.ts';
import { sameBytes } from '../base/hmac.ts';
import { isCommonPassword } from './common-password.ts';

/** Cost of scrypt: 32 MiB and three rounds, one of OWASP's recommended settings; stored with each hash. */
const COST = { N: 2 ** 15, r: 8, p: 3 };
const HASH_BYTES = 32;
/** Limits of a password's length, in characters. */
const MIN_LENGTH = 10;
const MAX_LENGTH = 200;

/** Throws `validation_error` naming `password` if it is too short, too long, or easy to guess. */
export async function checkPassword(password: string, owner: { email: string; name: string }): Promise<void> {
  if (password.length < MIN_LENGTH) throw invalid('password', `must have at least ${MIN_LENGTH} characters`);
  if (password.length > MAX_LENGTH) throw invalid('password', `must have at most ${MAX_LENGTH} characters`);
  const lower = folded(password);
  if (isOwn(lower, owner)) throw invalid('password', 'must not be your name, your address or Fairlead');
  if (new Set(lower).size < 4) throw invalid('password', 'must have at least 4 different characters');
  if (isPattern(lower) || (await isCommonPassword(lower, MIN_LENGTH)))
    throw invalid('password', 'is one of the most common passwords; a few words are better');
}

/** Whether it is a name or address of its owner, or the product's name, with only digits and signs added. */
function isOwn(lower: string, { email, name }: { email: string; name: string }): boolean {
  const bare = withoutEnds(lower);
  const [local = ''] = email.split('@');
  const known = [email, local, name, name.replaceAll(/\s/g, ''), 'fairlead'].map(folded);
  return known.some((own) => own !== '' && (own === lower || (bare !== '' && withoutEnds(own) === bare)));
}

function withoutEnds(text: string): string {
  return text.replaceAll(/^[^\p{L}]+|[^\p{L}]+$/gu, '');
}

/** A repeated group (`1234512345`) or consecutive characters (`0123456789`, `jihgfedcba`). */
function isPattern(lower: string): boolean {
  if (/^(.{1,8})\1+$/su.test(lower)) return true;
  const steps = Array.from(lower.slice(1), (_, at) => lower.charCodeAt(at + 1) - lower.charCodeAt(at));
  // 9 and 0 are adjacent on the keyboard.
  return [1, -1].some((step) => steps.every((item) => item === step || item === -9 * step));
}

function folded(text: string): string {
  return text.normalize('NFKC').trim().toLowerCase();
}

/** A stored password: `scrypt$N$r$p$salt$hash`, salt and hash in base64. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const hash = await derive(password, salt, COST);
  return ['scrypt', COST.N, COST.r, COST.p, salt.toString('base64'), hash.toString('base64')].join('$');
}

/**
 * Whether a password matches the stored one. It takes the same time without a stored one, so that the duration
 * does not reveal whether an account exists.
 */
export async function isPassword(password: string, stored: string | null): Promise<boolean> {
  const [, N, r, p, salt, hash] = (stored ?? NOBODY).split('$');
  const cost = { N: Number(N), r: Number(r), p: Number(p) };
  const derived = await derive(password, Buffer.from(salt!, 'base64'), cost);
  return sameBytes(derived, Buffer.from(hash!, 'base64')) && stored !== null;
}

const NOBODY = ['scrypt', COST.N, COST.r, COST.p, 'AAAAAAAAAAAAAAAAAAAAAA==', ''].join('$');

/** Takes a quarter of a second; account/hashing-queue.ts limits concurrency. */
function derive(password: string, salt: Buffer, cost: typeof COST): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // Unicode has several forms of the same letters, and keyboards differ.
    const typed = password.normalize('NFKC');
    const options = { ...cost, maxmem: 2 * 128 * cost.N * cost.r };
    scrypt(typed, salt, HASH_BYTES, options, (error, key) => (error ? reject(error) : resolve(key)));
  });
}
