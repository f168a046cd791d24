import { expect, vi } from 'vitest';
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
      input.messageId ?? `${id}@example.com`,
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
    mailAddresses: { unsubscribe: () => Promise.resolve(null) },
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

const POSTMARK_SECRET = 'postmark-webhook-secret';

/** What recipients do with a mail, and what its provider reports: fires all their events. */
export async function actOnMail(s: Scenario): Promise<void> {
  const made = async (path: string, body: object) => {
    const { status, json, text } = await s.ask('POST', `/api/v1/${path}`, { body });
    expect(status, text).toBe(201);
    return json;
  };
  const to = 'recipient@example.com';
  const contact = await made('contacts', { email: to });
  const connection = await made('connections', {
    kind: 'postmark',
    name: 'Postmark',
    settings: { from_email: 'sam@acme.example' },
    secrets: { server_token: 'token', webhook_secret: POSTMARK_SECRET },
  });
  const email = await insertSentEmail(s, { to, contactId: contact.id, connectionId: connection.id });
  const headers = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' };
  await fetch(s.url + email.pixel, { headers });
  await fetch(s.url + email.links[0]!, { headers, redirect: 'manual' });
  const body = new URLSearchParams({ 'List-Unsubscribe': 'One-Click' });
  expect((await fetch(s.url + email.unsubscribe, { method: 'POST', body })).status).toBe(200);
  await vi.waitFor(
    async () => {
      const { json } = await s.ask('GET', `/api/v1/emails/${email.id}`);
      expect(json).toMatchObject({ human_opens: 1, human_clicks: 1 });
    },
    { timeout: 10_000, interval: 100 },
  );
  const reply = await s.ask('POST', new URL(connection.urls[0].url).pathname, {
    as: null,
    headers: { 'x-fairlead-secret': POSTMARK_SECRET },
    body: {
      RecordType: 'Bounce',
      Type: 'HardBounce',
      Email: to,
      Details: '550 5.1.1 user unknown',
      Metadata: { fairlead_id: email.id },
    },
  });
  expect(reply.json).toEqual({ status: 'accepted' });
}
