import ipaddr from 'ipaddr.js';
import { ApiError } from '../base/errors.ts';
import { isoTime, type Clock } from '../base/clock.ts';
import { sha256 } from '../base/hmac.ts';
import type { Database } from '../db/pool.ts';

const QUARTER_MS = 15 * 60_000;
const MINUTE_MS = 60_000;

/**
 * Maximum attempts and their time spans. `both`, `place` and `account` count failures: of one account from one
 * address, from one address, of one account. The last is wide, because anyone who knows an account's email address
 * could otherwise lock its owner out. The paces count correct passwords as well: each costs a hash and creates a
 * session.
 */
const LIMITS = {
  both: { max: 5, spanMs: QUARTER_MS },
  place: { max: 50, spanMs: QUARTER_MS },
  account: { max: 100, spanMs: QUARTER_MS },
  'pace of both': { max: 30, spanMs: MINUTE_MS },
  'pace of place': { max: 60, spanMs: MINUTE_MS },
} as const;

type Kind = keyof typeof LIMITS;
const KINDS = Object.keys(LIMITS) as Kind[];

/** Limits password guessing and repeated sign-ins; shared by all processes. */
export interface SignInThrottle {
  /**
   * Counts an attempt with a password; throws `rate_limited` if there were too many. It is counted before the
   * password is checked, so that concurrent attempts count. A rejected attempt is not counted, so that one address
   * cannot lock an account for all others.
   * @param address the client's IP address
   * @returns call it if the password was correct
   */
  take(email: string, address: string): Promise<() => Promise<void>>;
}

/** $1: subjects, $2: now, $3: the time span of each in milliseconds. */
const TAKE = {
  name: 'sign-in.take',
  text: `
insert into sign_in_failure as f (subject, since, count)
select subject, $2::timestamptz, 1 from unnest($1::bytea[]) as s(subject) order by subject
on conflict (subject) do update set
  (count, since) = (
    select case when over then 1 else f.count + 1 end, case when over then $2::timestamptz else f.since end
    from (select f.since < $2::timestamptz - ($3::int[])[array_position($1::bytea[], f.subject)] * interval '1 ms' as over) o)
returning subject, since, count`,
};
/** $1: subjects to decrement, $2: one to reset to 0, or null. */
const GIVE_BACK = {
  name: 'sign-in.give-back',
  text: `
with locked as (select subject from sign_in_failure where subject = any($1::bytea[]) order by subject for update)
update sign_in_failure f set count = case when f.subject = $2 then 0 else greatest(0, f.count - 1) end
from locked l where l.subject = f.subject`,
};
const FORGET = {
  name: 'sign-in.forget',
  text: `delete from sign_in_failure where since < $1::timestamptz - interval '1 day'`,
};

export function makeSignInThrottle(db: Database, clock: Clock): SignInThrottle {
  return {
    async take(email, address) {
      const subjects = subjectsOf(email.toLowerCase(), networkOf(address));
      const hashes = KINDS.map((kind) => subjects[kind]);
      const now = clock.now();
      const { rows } = await db.pool.query<{ subject: Buffer; since: string; count: number }>({
        ...TAKE,
        values: [hashes, isoTime(now), KINDS.map((kind) => LIMITS[kind].spanMs)],
      });
      const ends = rows.flatMap(({ subject, count, since }) => {
        const { max, spanMs } = LIMITS[KINDS.find((kind) => subjects[kind].equals(subject))!];
        return count > max ? [Date.parse(since) + spanMs] : [];
      });
      if (ends.length > 0) {
        await db.pool.query({ ...GIVE_BACK, values: [hashes, null] });
        const retryAfter = Math.max(1, Math.ceil((Math.max(...ends) - now) / 1000));
        const message = `Too many sign-in attempts; try again in ${retryAfter} seconds.`;
        throw new ApiError('rate_limited', message, { retryAfter });
      }
      return async () => {
        const failures = [subjects.both, subjects.place, subjects.account];
        await db.pool.query({ ...GIVE_BACK, values: [failures, subjects.both] });
        await db.pool.query({ ...FORGET, values: [isoTime(now)] });
      };
    },
  };
}

function subjectsOf(account: string, network: string): Record<Kind, Buffer> {
  return {
    both: sha256('both\n', account, '\n', network),
    place: sha256('place\n', network),
    account: sha256('account\n', account),
    'pace of both': sha256('pace of both\n', account, '\n', network),
    'pace of place': sha256('pace of place\n', network),
  };
}

/**
 * An IPv4 address, or the first half of an IPv6 address, which is one customer's network. An IPv4 address that is
 * mapped into IPv6, or has a port as some proxies send it, is that IPv4 address.
 */
export function networkOf(address: string): string {
  const parsed = parsedAddress(address);
  if (typeof parsed === 'string') return parsed;
  return parsed instanceof ipaddr.IPv6 ? parsed.parts.slice(0, 4).join(':') : parsed.toString();
}

/** The larger network around an address that may have one owner: a /24 of IPv4, a /48 of IPv6. */
export function widerNetworkOf(address: string): string {
  const parsed = parsedAddress(address);
  if (typeof parsed === 'string') return parsed;
  return parsed instanceof ipaddr.IPv6
    ? `${parsed.parts.slice(0, 3).join(':')}::/48`
    : `${parsed.octets.slice(0, 3).join('.')}.0/24`;
}

function parsedAddress(address: string): ipaddr.IPv4 | ipaddr.IPv6 | string {
  const bare =
    /^(\d+(?:\.\d+){3}):\d+$/.exec(address)?.[1] ?? /^\[(.+)\](?::\d+)?$/.exec(address)?.[1] ?? address;
  return ipaddr.isValid(bare) ? ipaddr.process(bare) : bare;
}
