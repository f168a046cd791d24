import { coalesce, Overloaded } from '../../base/coalesce.ts';
import { unavailable } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';

/** The targets of tracked links. */
export interface TrackedLinks {
  /** @returns the target; null if the mail has no such link. Throws `unavailable`. */
  target(emailId: Uuid, link: number): Promise<string | null>;
}

interface Wanted {
  emailId: Uuid;
  link: number;
}

const FIND = {
  name: 'email_link.find',
  text: `
select l.url from unnest($1::uuid[], $2::integer[]) with ordinality as w(email_id, link, place)
left join email_link l on l.email_id = w.email_id and l.link = w.link order by w.place`,
};

/** Clicks that arrive together take one statement. */
export function makeTrackedLinks(db: Database): TrackedLinks {
  const reads = coalesce<Wanted, string | null>({
    slots: 2,
    groupOf: ({ emailId }) => emailId,
    async run(wanted) {
      const rows = await db.read<{ url: string | null }>(FIND, [
        wanted.map(({ emailId }) => emailId),
        wanted.map(({ link }) => link),
      ]);
      return rows.map(({ url }) => url);
    },
  });
  return {
    async target(emailId, link) {
      try {
        return await reads.add({ emailId, link });
      } catch (error) {
        throw error instanceof Overloaded ? unavailable('Too many clicks are waiting.', 1) : error;
      }
    },
  };
}
