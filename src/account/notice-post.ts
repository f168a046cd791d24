import type { Uuid } from '../base/id.ts';
import type { Logger } from '../base/log.ts';
import type { Database } from '../db/pool.ts';
import { disabledLetter, type Mailer } from './mail.ts';

/** A letter that is to be sent; `email` is null where they no longer look after the workspace. */
interface Claimed {
  workspace_id: Uuid;
  notice_id: Uuid;
  user_id: Uuid;
  tries: number;
  email: string | null;
  workspace: string;
  object_id: Uuid;
  details: { name: string; reason: string };
}

/**
 * Takes the next letter that is due and puts it off by five minutes, more than a mail server can take: whoever dies
 * with it leaves it to the next, and no two processes have it at once.
 */
const CLAIM = {
  name: 'notice-letter.claim',
  text: `
with due as (
  select workspace_id, notice_id, user_id from notice_letter
  where mailed_at is null and due_at <= now() order by due_at limit 1 for update skip locked
),
claimed as (
  update notice_letter l set due_at = now() + interval '5 minutes', tries = l.tries + 1 from due d
  where l.workspace_id = d.workspace_id and l.notice_id = d.notice_id and l.user_id = d.user_id
  returning l.workspace_id, l.notice_id, l.user_id, l.tries
)
select c.*, u.email, w.name as workspace, n.object_id, n.details
from claimed c
join notice n on n.workspace_id = c.workspace_id and n.id = c.notice_id
join workspace w on w.id = c.workspace_id
left join member m on m.workspace_id = c.workspace_id and m.user_id = c.user_id and m.role in ('owner', 'admin')
left join app_user u on u.id = m.user_id`,
};

const KEY = 'workspace_id = $1 and notice_id = $2 and user_id = $3';
const SENT = { name: 'notice-letter.sent', text: `update notice_letter set mailed_at = now() where ${KEY}` };
const PUT_OFF = {
  name: 'notice-letter.put-off',
  text: `update notice_letter set due_at = now() + $4 * interval '1 minute' where ${KEY}`,
};
const DROP = { name: 'notice-letter.drop', text: `delete from notice_letter where ${KEY}` };

/** After so many tries, two days in all, it is given up: the notice in the app remains. */
const MOST_TRIES = 12;
const LONGEST_PAUSE_MIN = 360;

/**
 * Sends the letters that are due, one after the other; run again and again beside everything else, so that a mail
 * server that hangs holds up no delivery.
 * @param webhookUrl the page of a webhook
 * @returns how many were sent
 */
export async function postNotices(
  parts: { db: Database; mailer: Mailer; log: Logger; webhookUrl(id: Uuid): string },
  stopped: AbortSignal,
): Promise<number> {
  const { db, mailer, log } = parts;
  const query = (statement: { name: string; text: string }, values: unknown[]) =>
    db.pool.query<Claimed>({ ...statement, values });
  for (let sent = 0; ; sent++) {
    if (stopped.aborted) return sent;
    const [letter] = (await query(CLAIM, [])).rows;
    if (!letter) return sent;
    const key = [letter.workspace_id, letter.notice_id, letter.user_id];
    if (letter.email === null) {
      await query(DROP, key);
      continue;
    }
    const { object_id: id, details, workspace } = letter;
    try {
      await mailer.send(disabledLetter(letter.email, workspace, details, parts.webhookUrl(id)));
      await query(SENT, key);
    } catch (error) {
      const isLast = letter.tries >= MOST_TRIES;
      log[isLast ? 'error' : 'warn'](
        { err: (error as Error).message, notice: letter.notice_id, tries: letter.tries },
        isLast ? 'a notice could not be mailed; given up' : 'a notice could not be mailed yet',
      );
      if (isLast) await query(DROP, key);
      else await query(PUT_OFF, [...key, Math.min(LONGEST_PAUSE_MIN, 2 ** (letter.tries - 1))]);
    }
  }
}
