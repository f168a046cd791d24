import { isoTime, type Clock } from '../../base/clock.ts';
import { ApiError } from '../../base/errors.ts';
import { sha256 } from '../../base/hmac.ts';
import type { Uuid } from '../../base/id.ts';
import { networkOf } from '../../account/sign-in-throttle.ts';
import type { Database } from '../../db/pool.ts';

const SPAN_S = 3600;
/** Beyond it nothing is even kept aside: 429. A company behind one address stays well below. */
const MAX_PER_HOUR = 100;

/** How often a form comes from one place: one count for all processes, kept an hour, the place as a hash. */
export interface FormVisitors {
  /**
   * Counts a submission before it is judged.
   * @param place an IP address; of IPv6, its network counts
   * @returns how many there were within the hour, this one included; throws `rate_limited` beyond what is kept at all
   */
  count(workspaceId: Uuid, formId: Uuid, place: string): Promise<number>;
}

const COUNT = {
  name: 'form_visitor.count',
  text: `
insert into form_visitor as v (workspace_id, form_id, subject, since, count)
values ($1, $2, $3, $4::timestamptz, 1)
on conflict (workspace_id, form_id, subject) do update set
  count = case when v.since < $4::timestamptz - ${SPAN_S} * interval '1 s' then 1 else v.count + 1 end,
  since = case when v.since < $4::timestamptz - ${SPAN_S} * interval '1 s' then $4::timestamptz else v.since end
returning since, count`,
};
const FORGET = {
  name: 'form_visitor.forget',
  text: `delete from form_visitor
         where workspace_id = $1 and form_id = $2 and since < $3::timestamptz - ${SPAN_S} * interval '1 s'`,
};
/** Every so many counts, what is over goes: rows stay as few as there were places within the hour. */
const FORGET_EVERY = 50;

export function makeFormVisitors(db: Database, clock: Clock): FormVisitors {
  let counted = 0;
  return {
    async count(workspaceId, formId, place) {
      const now = clock.now();
      const subject = sha256('form\n', formId, '\n', networkOf(place));
      const [row] = await db.read<{ since: string; count: number }>(COUNT, [
        workspaceId,
        formId,
        subject,
        isoTime(now),
      ]);
      counted += 1;
      if (counted % FORGET_EVERY === 0) await db.read(FORGET, [workspaceId, formId, isoTime(now)]);
      const { since, count } = row!;
      if (count <= MAX_PER_HOUR) return count;
      const retryAfter = Math.max(1, Math.ceil((Date.parse(since) + SPAN_S * 1000 - now) / 1000));
      throw new ApiError(
        'rate_limited',
        `Too many submissions from here; try again in ${retryAfter} seconds.`,
        {
          retryAfter,
        },
      );
    },
  };
}
