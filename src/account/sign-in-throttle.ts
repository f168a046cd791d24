import { isIPv6 } from 'node:net';
import { ApiError } from '../base/errors.ts';
import { isoTime, type Clock } from '../base/clock.ts';
import { sha256 } from '../base/hmac.ts';
import type { Database } from '../db/pool.ts';

/** Failures are counted over so long, and let up after it. */
const SPAN_MS = 15 * 60_000;

/**
 * How many failures are let pass: for one account from one place, from one place, for one account. The last is
 * wide, since whoever knows an address could otherwise lock its owner out.
 */
const LIMITS = { both: 5, place: 50, account: 100 } as const;

/** Slows down guessing at passwords; one count for all processes. */
export interface SignInThrottle {
  /**
   * Takes a try at a password; throws `rate_limited` where there were too many failures. Counted before the
   * password is looked at, so many at once are no way around.
   * @param place where it comes from: an IP address
   * @returns call it where the password was right
   */
  take(email: string, place: string): Promise<() => Promise<void>>;
}

const TAKE = {
  name: 'sign-in.take',
  text: `
insert into sign_in_failure as f (subject, since, count)
select subject, $2::timestamptz, 1 from unnest($1::bytea[]) as s(subject) order by subject
on conflict (subject) do update set
  count = case when f.since < $2::timestamptz - $3::int * interval '1 ms' then 1 else f.count + 1 end,
  since = case when f.since < $2::timestamptz - $3::int * interval '1 ms' then $2::timestamptz else f.since end
returning subject, since, count`,
};
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
    async take(email, place) {
      const account = email.toLowerCase();
      const from = networkOf(place);
      const subjects = {
        both: sha256('both\n', account, '\n', from),
        place: sha256('place\n', from),
        account: sha256('account\n', account),
      };
      const hashes = Object.values(subjects);
      const now = clock.now();
      const { rows } = await db.pool.query<{ subject: Buffer; since: string; count: number }>({
        ...TAKE,
        values: [hashes, isoTime(now), SPAN_MS],
      });
      const full = rows.filter(({ subject, count }) => {
        const [kind] = Object.entries(subjects).find(([, hash]) => hash.equals(subject))!;
        return count > LIMITS[kind as keyof typeof LIMITS];
      });
      if (full.length > 0) {
        const ends = Math.max(...full.map(({ since }) => Date.parse(since) + SPAN_MS));
        const retryAfter = Math.max(1, Math.ceil((ends - now) / 1000));
        throw new ApiError('rate_limited', `Too many failed tries; try again in ${retryAfter} seconds.`, {
          retryAfter,
        });
      }
      return async () => {
        await db.pool.query({ ...GIVE_BACK, values: [hashes, subjects.both] });
        await db.pool.query({ ...FORGET, values: [isoTime(now)] });
      };
    },
  };
}

/** An address, or the network that one customer of IPv6 has whole. */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.split('::');
  const groups = head.split(':').filter(Boolean);
  const missing = tail === undefined ? 0 : 8 - groups.length - tail.split(':').filter(Boolean).length;
  return [...groups, ...Array.from({ length: missing }, () => '0')].slice(0, 4).join(':');
}
