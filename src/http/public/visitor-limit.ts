import { networkOf } from '../../account/sign-in-throttle.ts';
import { isoTime, type Clock } from '../../base/clock.ts';
import { ApiError } from '../../base/errors.ts';
import { sha256 } from '../../base/hmac.ts';
import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';

const SPAN_S = 3600;
/** Beyond this, submissions are refused with 429. A company behind one address stays well below. */
const MAX_PER_HOUR = 100;

/** Counts submissions of a page by network: shared by all processes, kept for an hour, the network as a hash. */
export interface VisitorLimit {
  /**
   * Counts a submission, before the spam check.
   * @param address an IP address; of IPv6, its network counts
   * @returns how many there were within the hour, this one included; throws `rate_limited` beyond 100
   */
  count(workspaceId: Uuid, pageId: Uuid, address: string): Promise<number>;
}

/** Where one kind of page counts its visitors. */
export interface VisitorTable {
  /** A table with workspace_id, the column of the page, subject bytea, since timestamptz and count integer. */
  table: string;
  /** The column with the id of the page. */
  pageColumn: string;
  /** Part of the hash, so that hashes of different kinds of page cannot be compared. */
  kind: string;
}

/** Expired rows are deleted once per this many counts, so that the table stays small. */
const FORGET_EVERY = 50;

export function makeVisitorLimit(
  { table, pageColumn, kind }: VisitorTable,
  { db, clock }: { db: Database; clock: Clock },
): VisitorLimit {
  const countStatement = {
    name: `${table}.count`,
    text: `
insert into ${table} as v (workspace_id, ${pageColumn}, subject, since, count)
values ($1, $2, $3, $4::timestamptz, 1)
on conflict (workspace_id, ${pageColumn}, subject) do update set
  count = case when v.since < $4::timestamptz - ${SPAN_S} * interval '1 s' then 1 else v.count + 1 end,
  since = case when v.since < $4::timestamptz - ${SPAN_S} * interval '1 s' then $4::timestamptz else v.since end
returning since, count`,
  };
  const forgetStatement = {
    name: `${table}.forget`,
    text: `delete from ${table}
           where workspace_id = $1 and ${pageColumn} = $2 and since < $3::timestamptz - ${SPAN_S} * interval '1 s'`,
  };
  let counted = 0;

  return {
    async count(workspaceId, pageId, address) {
      const now = clock.now();
      const subject = sha256(kind, '\n', pageId, '\n', networkOf(address));
      const [row] = await db.read<{ since: string; count: number }>(countStatement, [
        workspaceId,
        pageId,
        subject,
        isoTime(now),
      ]);
      counted += 1;
      if (counted % FORGET_EVERY === 0) await db.read(forgetStatement, [workspaceId, pageId, isoTime(now)]);
      const { since, count } = row!;
      if (count <= MAX_PER_HOUR) return count;
      const retryAfter = Math.max(1, Math.ceil((Date.parse(since) + SPAN_S * 1000 - now) / 1000));
      throw new ApiError(
        'rate_limited',
        `Too many submissions from this address; try again in ${retryAfter} seconds.`,
        { retryAfter },
      );
    },
  };
}
