import { makeSealer } from '../../src/base/seal.ts';
import { idMaker } from '../../src/base/id.ts';
import { systemClock } from '../../src/base/clock.ts';
import { makeEmailTracking } from '../../src/messaging/tracking/email-tracking.ts';
import { makeTrackingTokens } from '../../src/messaging/tracking/tracking-token.ts';
import type { Scenario } from './scenario.ts';

const newId = idMaker(Date.now);

/** The tokens of a scenario's servers, which have the same key. */
export const SCENARIO_TOKENS = makeTrackingTokens(makeSealer(Buffer.alloc(32, 7)));

export interface SentEmail {
  id: string;
  html: string;
  headers: Readonly<Record<string, string>>;
  /** Paths. */
  pixel: string;
  links: string[];
  honeypot: string;
  unsubscribe: string;
}

export interface SentEmailInput {
  to?: string;
  html?: string;
  contactId?: string | null;
  topicId?: string | null;
  connectionId?: string | null;
  providerId?: string | null;
  messageId?: string | null;
  /** Milliseconds. */
  sentAgo?: number;
  workspaceId?: string;
  visibility?: 'team' | 'private';
  userId?: string | null;
}

/** A mail as the queue leaves it after sending, with tracking, an hour ago. */
export async function insertSentEmail(s: Scenario, input: SentEmailInput = {}): Promise<SentEmail> {
  const {
    to = 'ann@example.com',
    html = '<p><a href="https://www.example.com/?a=1&amp;b=2#c">Offer</a></p>',
  } = input;
  const {
    workspaceId = s.alice.workspaceId,
    contactId = null,
    visibility = 'team',
    sentAgo = 3_600_000,
  } = input;
  const id = newId();
  const isPrivate = visibility === 'private';
  const at = new Date(Date.now() - sentAgo).toISOString();
  await s.db.pool.query(
    `insert into email (workspace_id, id, version, direction, status, "to", subject, visibility, custom_fields, created_by,
       created_at, updated_at, sent_at, track_opens, track_clicks, contact_id, topic_id, connection_id, provider_id,
       message_id, user_id)
     values ($1, $2, 1, 'out', 'sent', $3, $4, $5, '{}', 'test', $6, $6, $6, true, true, $7, $8, $9, $10, $11, $12)`,
    [
      workspaceId,
      id,
      isPrivate ? null : to,
      isPrivate ? null : 'Offer',
      visibility,
      at,
      contactId,
      input.topicId ?? null,
      input.connectionId ?? null,
      input.providerId ?? null,
      input.messageId ?? null,
      input.userId ?? null,
    ],
  );
  await s.db.pool.query(
    'insert into email_content (workspace_id, email_id, html, envelope) values ($1, $2, $3, $4)',
    [workspaceId, id, html, JSON.stringify({ to })],
  );
  const tracking = makeEmailTracking({
    db: s.db,
    clock: systemClock,
    tokens: SCENARIO_TOKENS,
    baseUrl: () => 'https://crm.example',
  });
  const prepared = await tracking.prepare({
    workspaceId,
    id,
    contactId,
    html,
    trackOpens: true,
    trackClicks: true,
    hasUnsubscribe: true,
  });
  const text = prepared.html!;
  const urls = [...text.matchAll(/https:\/\/crm\.example(\/[lo]\/[\w.-]+)/g)].map(([, path]) => path!);
  const links = urls.filter((path) => path.startsWith('/l/'));
  return {
    id,
    html: text,
    headers: prepared.headers,
    pixel: urls.find((path) => path.startsWith('/o/')) ?? '',
    links: links.slice(0, -1),
    honeypot: links.at(-1) ?? '',
    unsubscribe: new URL(tracking.unsubscribeUrl(id)).pathname,
  };
}
