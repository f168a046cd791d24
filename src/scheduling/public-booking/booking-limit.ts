import { networkOf } from '../../account/sign-in-throttle.ts';
import { isoTime, type Clock } from '../../base/clock.ts';
import { ApiError } from '../../base/errors.ts';
import { sha256 } from '../../base/hmac.ts';
import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';

/** Bookings of a page by one network within the hour. Those that were refused do not count. */
export interface BookingLimit {
  /** Throws `rate_limited` if there are too many. @param address an IP address */
  check(workspaceId: Uuid, pageId: Uuid, address: string): Promise<void>;
  count(workspaceId: Uuid, pageId: Uuid, address: string): Promise<void>;
}

const SPAN_S = 3600;
/** A company behind one address stays below. */
const MAX_PER_HOUR = 50;
/** Expired rows are deleted once per this many bookings. */
const FORGET_EVERY = 50;

const FIND = {
  name: 'booking_visitor.find',
  text: `select since, count from booking_visitor
         where workspace_id = $1 and booking_page_id = $2 and subject = $3
           and since >= $4::timestamptz - ${SPAN_S} * interval '1 s'`,
};
const COUNT = {
  name: 'booking_visitor.count',
  text: `
insert into booking_visitor as v (workspace_id, booking_page_id, subject, since, count)
values ($1, $2, $3, $4::timestamptz, 1)
on conflict (workspace_id, booking_page_id, subject) do update set
  count = case when v.since < $4::timestamptz - ${SPAN_S} * interval '1 s' then 1 else v.count + 1 end,
  since = case when v.since < $4::timestamptz - ${SPAN_S} * interval '1 s' then $4::timestamptz else v.since end`,
};
const FORGET = {
  name: 'booking_visitor.forget',
  text: `delete from booking_visitor
         where workspace_id = $1 and booking_page_id = $2 and since < $3::timestamptz - ${SPAN_S} * interval '1 s'`,
};

export function makeBookingLimit({ db, clock }: { db: Database; clock: Clock }): BookingLimit {
  let counted = 0;
  const subjectOf = (pageId: Uuid, address: string) => sha256('booking\n', pageId, '\n', networkOf(address));

  return {
    async check(workspaceId, pageId, address) {
      const now = clock.now();
      const values = [workspaceId, pageId, subjectOf(pageId, address), isoTime(now)];
      const [row] = await db.read<{ since: string; count: number }>(FIND, values);
      if (!row || row.count < MAX_PER_HOUR) return;
      const retryAfter = Math.max(1, Math.ceil((Date.parse(row.since) + SPAN_S * 1000 - now) / 1000));
      throw new ApiError(
        'rate_limited',
        `Too many bookings from this address; try again in ${retryAfter} seconds.`,
        { retryAfter },
      );
    },

    async count(workspaceId, pageId, address) {
      const now = isoTime(clock.now());
      await db.read(COUNT, [workspaceId, pageId, subjectOf(pageId, address), now]);
      counted += 1;
      if (counted % FORGET_EVERY === 0) await db.read(FORGET, [workspaceId, pageId, now]);
    },
  };
}
