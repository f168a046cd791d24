import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { sha256 } from '../../base/hmac.ts';
import { sessionToken } from '../../http/session-cookie.ts';
import type { HitRecorder } from './hit-recorder.ts';
import { HONEYPOT_LINK, redirectTarget } from './tracked-html.ts';
import type { TrackedLinks } from './tracked-link.ts';
import type { HitKind, TrackedItem, TrackingTokens } from './tracking-token.ts';

/** A transparent GIF of one pixel, 43 bytes. */
const PIXEL = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==', 'base64');

const PIXEL_HEADERS = {
  'content-type': 'image/gif',
  'cache-control': 'no-store, no-cache, must-revalidate, private',
  'x-content-type-options': 'nosniff',
  'x-robots-tag': 'noindex, nofollow',
  // The mail is shown on another site.
  'cross-origin-resource-policy': 'cross-origin',
};
const LINK_HEADERS = {
  'cache-control': 'no-store, private',
  'referrer-policy': 'no-referrer',
  'x-robots-tag': 'noindex, nofollow',
};

/** Hits wait in memory for seconds, and headers can have 16 kB. Rules for agents need the beginning alone. */
const MAX_HEADER = 500;

export interface HitRouteParts {
  links: TrackedLinks;
  tokens: TrackingTokens;
  recorder: HitRecorder;
  /** Answers with the page of a link that does not exist. */
  sendNotFound(reply: FastifyReply): FastifyReply;
}

/**
 * The public URLs of tracked mails. The target of a link is read from the mail, never from the URL, so that nobody can make
 * a link of this host that leads elsewhere. HEAD is answered, and recorded as nothing.
 */
export function mountHits(app: FastifyInstance, parts: HitRouteParts): void {
  const { tokens, links } = parts;

  app.get<{ Params: { token: string } }>('/o/:token', (request, reply) => {
    const item = tokens.read('o', request.params.token.replace(/\.gif$/, ''));
    if (item) record(parts, 'open', item, request);
    return reply.headers(PIXEL_HEADERS).send(PIXEL);
  });

  app.get<{ Params: { token: string } }>('/l/:token', async (request, reply) => {
    const item = tokens.read('l', request.params.token);
    void reply.headers(LINK_HEADERS);
    if (!item) return parts.sendNotFound(reply);
    if (item.link === HONEYPOT_LINK) {
      record(parts, 'click', item, request);
      return reply.code(204).send();
    }
    const url = await links.target(item.emailId, item.link);
    if (url === null) return parts.sendNotFound(reply);
    record(parts, 'click', item, request);
    return reply.code(302).header('location', redirectTarget(url)).send();
  });
}

function record(
  { recorder }: HitRouteParts,
  kind: HitKind,
  { emailId, link }: TrackedItem,
  { method, headers, ip }: FastifyRequest,
): void {
  if (method === 'HEAD') return;
  const token = sessionToken(headers.cookie);
  const purposes = [headers['sec-purpose'], headers['purpose'], headers['x-purpose'], headers['x-moz']];
  recorder.add({
    kind,
    emailId,
    link,
    method,
    userAgent: shortened(headers['user-agent'] ?? ''),
    referer: shortened(headers.referer ?? ''),
    purpose: shortened(purposes.filter((value) => value !== undefined).join(' ')),
    address: ip,
    session: token === null ? null : sha256(token),
  });
}

/** A copy: a part of a text would keep all of it in memory. */
function shortened(header: string): string {
  return header.length <= MAX_HEADER ? header : Buffer.from(header.slice(0, MAX_HEADER)).toString();
}
