import { isoTime, type Clock } from '../../base/clock.ts';
import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import { query } from '../../db/query.ts';
import type { MailAddresses } from '../inbound/mail-address.ts';
import type { ComposeStep } from '../emails/compose-step.ts';
import { addHoneypot, addPixel, HONEYPOT_LINK, trackLinks } from './tracked-html.ts';
import type { TrackingTokens } from './tracking-token.ts';

/** A mail that is about to be sent. */
export interface MailToTrack {
  workspaceId: Uuid;
  id: Uuid;
  contactId: string | null;
  html: string | null;
  trackOpens: boolean;
  trackClicks: boolean;
  /** Whether it gets the headers for unsubscribing. */
  hasUnsubscribe: boolean;
}

export interface TrackedMail {
  /** With tracked links and a pixel. */
  html: string | null;
  /** `List-Unsubscribe` and `List-Unsubscribe-Post` (RFC 8058). */
  headers: Readonly<Record<string, string>>;
}

/** Prepares mails for tracking and for unsubscribing. */
export interface EmailTracking {
  /**
   * Called when a mail is composed; the same mail gets the same URLs each time. Mails to contacts that are not to be
   * tracked, and those of workspaces that never track, keep their HTML.
   */
  prepare(mail: MailToTrack): Promise<TrackedMail>;
  /** The page on which the recipient of a mail unsubscribes; for the body of a mail with `hasUnsubscribe`. */
  unsubscribeUrl(emailId: Uuid): string;
}

/** Adds tracking and the headers for unsubscribing to a mail that is about to be composed. */
export function trackingStep(tracking: EmailTracking): ComposeStep {
  return async ({ workspaceId, email, isBulk, parts }) => {
    const { html, headers } = await tracking.prepare({
      workspaceId,
      id: email.id,
      contactId: email.contact_id,
      html: parts.html,
      trackOpens: email.track_opens,
      trackClicks: email.track_clicks,
      hasUnsubscribe: isBulk,
    });
    parts.html = html;
    parts.headers = { ...parts.headers, ...headers };
  };
}

const PERMISSIONS = {
  name: 'email_tracking.permissions',
  text: `select w.open_tracking <> 'never' and not d.denied as opens, w.click_tracking <> 'never' and not d.denied as clicks
         from workspace w, (select exists (
           select from email_tracking_denial where workspace_id = $1 and contact_id = $2) as denied) d
         where w.id = $1`,
};
const INSERT = {
  name: 'email_tracking.insert',
  text: `
with mail as (
  insert into email_tracking (email_id, workspace_id, created_at) values ($2, $1, $3) on conflict do nothing
)
insert into email_link (workspace_id, email_id, link, url)
select $1, $2, link, url from json_to_recordset($4::json) as r(link integer, url text)
on conflict (email_id, link) do update set url = excluded.url`,
};

export function makeEmailTracking({
  db,
  clock,
  tokens,
  mailAddresses,
  baseUrl,
}: {
  db: Database;
  clock: Clock;
  tokens: TrackingTokens;
  mailAddresses: Pick<MailAddresses, 'unsubscribe'>;
  /** The public URL of this installation. */
  baseUrl(): string;
}): EmailTracking {
  const unsubscribeUrl = (emailId: Uuid) => `${baseUrl()}/u/${tokens.make('u', { emailId, link: 0 })}`;

  return {
    unsubscribeUrl,

    async prepare({ workspaceId, id, contactId, html, trackOpens, trackClicks, hasUnsubscribe }) {
      const linkUrl = (link: number) => `${baseUrl()}/l/${tokens.make('l', { emailId: id, link })}`;
      const allowed =
        html !== null && (trackOpens || trackClicks) ? await permissions(workspaceId, contactId) : null;
      const rows: { link: number; url: string | null }[] = [];
      let tracked = html;
      if (tracked !== null && trackClicks && allowed?.clicks) {
        const { html: replaced, links } = trackLinks(tracked, linkUrl);
        rows.push(...links, { link: HONEYPOT_LINK, url: null });
        tracked = addHoneypot(replaced, linkUrl(HONEYPOT_LINK));
      }
      if (tracked !== null && trackOpens && allowed?.opens) {
        rows.push({ link: 0, url: null });
        tracked = addPixel(tracked, `${baseUrl()}/o/${tokens.make('o', { emailId: id, link: 0 })}.gif`);
      }
      if (rows.length > 0 || hasUnsubscribe)
        await query(db.pool, INSERT, [workspaceId, id, isoTime(clock.now()), JSON.stringify(rows)]);
      return {
        html: tracked,
        headers: hasUnsubscribe ? await unsubscribeHeaders(workspaceId, id) : {},
      };
    },
  };

  /** The URL comes first: programs that know both take the first one that they can use. */
  async function unsubscribeHeaders(workspaceId: Uuid, id: Uuid) {
    const address = await mailAddresses.unsubscribe(workspaceId, id);
    const byMail = address === null ? '' : `, <mailto:${address}?subject=unsubscribe>`;
    return {
      'List-Unsubscribe': `<${unsubscribeUrl(id)}>${byMail}`,
      'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
    };
  }

  async function permissions(workspaceId: Uuid, contactId: string | null) {
    const [row] = await db.read<{ opens: boolean; clicks: boolean }>(PERMISSIONS, [workspaceId, contactId]);
    return row ?? null;
  }
}
