import { isoTime, type Clock } from '../../base/clock.ts';
import { ApiError } from '../../base/errors.ts';
import { sha256 } from '../../base/hmac.ts';
import type { Uuid } from '../../base/id.ts';
import { networkOf } from '../../account/sign-in-throttle.ts';
import type { Database } from '../../db/pool.ts';

const SPAN_S = 3600;
/** Beyond this, submissions are refused with 429. A company behind one address stays well below. */
const MAX_PER_HOUR = 100;

/** Counts submissions of a form by network: shared by all processes, kept for an hour, the network as a hash. */
export interface FormVisitors {
  /**
   * Counts a submission, before the spam check.
   * @param address an IP address; of IPv6, its network counts
   * @returns how many there were within the hour, this one included; throws `rate_limited` beyond 100
   */
  count(workspaceId: Uuid, formId: Uuid, address: string): Promise<number>;
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
/** Expired rows are deleted once per this many counts, so that the table stays small. */
const FORGET_EVERY = 50;

export function makeFormVisitors(db: Database, clock: Clock): FormVisitors {
  let counted = 0;
  return {
    async count(workspaceId, formId, address) {
      const now = clock.now();
      const subject = sha256('form\n', formId, '\n', networkOf(address));
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
        `Too many submissions from this address; try again in ${retryAfter} seconds.`,
        {
          retryAfter,
        },
      );
    },
  };
}
