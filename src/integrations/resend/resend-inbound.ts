import { z } from 'zod';
import { ApiError, unavailable } from '../../base/errors.ts';
import type { ConnectionValues } from '../../connections/connection-kind.ts';
import { MAX_MAIL_BYTES } from '../../messaging/inbound/mail-parser.ts';
import { normalizedMail } from '../../messaging/inbound/mail-normalization.ts';
import type { MailAddress } from '../../messaging/inbound/parsed-email.ts';
import type { HttpClient } from '../../net/http-client.ts';
import type { ProviderMail } from '../received-mail.ts';

const BASE_URL = 'https://api.resend.com';
const TIMEOUT_MS = 30_000;

const eventShape = z.looseObject({
  type: z.literal('email.received'),
  data: z.looseObject({ email_id: z.string().regex(/^[\w-]{1,100}$/) }),
});

const texts = z
  .union([z.array(z.string()), z.string().transform((item) => [item])])
  .nullish()
  .catch([])
  .transform((list) => list ?? []);

const mailShape = z.looseObject({
  id: z.string(),
  from: z.string().catch(''),
  to: texts,
  cc: texts,
  bcc: texts,
  reply_to: texts,
  subject: z.string().nullish().catch(null),
  created_at: z.string().nullish().catch(null),
  message_id: z.string().nullish().catch(null),
  text: z.string().nullish().catch(null),
  html: z.string().nullish().catch(null),
  headers: z.record(z.string(), z.unknown()).nullish().catch(null),
  raw: z.looseObject({ download_url: z.string() }).nullish().catch(null),
});

/** Whether a verified event is about a mail that Resend received. */
export function isResendMail(body: unknown): boolean {
  return eventShape.safeParse(body).success;
}

/**
 * Fetches the mail that an event names: the event has no content. The raw mail, where Resend offers it; else without
 * attachments. Throws `unavailable` where Resend may answer later, `conflict` for a key that may not read it.
 */
export async function readResendMail(
  body: unknown,
  { settings, secrets }: ConnectionValues,
  http: HttpClient,
): Promise<ProviderMail | null> {
  const { data: event } = eventShape.safeParse(body);
  if (!event) return null;
  const base = typeof settings['base_url'] === 'string' ? settings['base_url'].replace(/\/+$/, '') : BASE_URL;
  const url = `${base}/emails/receiving/${event.data.email_id}`;
  const answer = await fetched(http, url, { authorization: `Bearer ${secrets['api_key'] ?? ''}` });
  const { data: mail } = mailShape.safeParse(jsonOf(answer));
  if (!mail) throw unavailable('Resend answered with something that is no mail.', 60);
  const envelope = { from: null, to: mail.to };
  if (mail.raw && URL.canParse(mail.raw.download_url))
    // Signed for this download: it gets no key.
    return { content: { raw: await fetched(http, mail.raw.download_url, {}) }, envelope };
  return { content: { parsed: parsedOf(mail) }, envelope };
}

async function fetched(http: HttpClient, url: string, headers: Record<string, string>): Promise<Buffer> {
  const { status, body } = await http(url, {
    headers,
    timeoutMs: TIMEOUT_MS,
    maxBytes: MAX_MAIL_BYTES,
  }).catch((error: Error) => {
    throw unavailable(`Resend could not be reached: ${error.message}`, 60);
  });
  if (status === 401 || status === 403)
    throw new ApiError(
      'conflict',
      `Resend refused the API key (${status}): it needs full access to read mails.`,
    );
  if (status !== 200) throw unavailable(`Resend answered ${status}.`, 60);
  return body;
}

function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return null;
  }
}

function parsedOf(mail: z.output<typeof mailShape>) {
  const people = (list: readonly string[]) => list.map(personOf);
  const headers = Object.entries(mail.headers ?? {}).map(([name, value]) => ({ name, value: String(value) }));
  const id = mail.message_id ? [{ name: 'message-id', value: mail.message_id }] : [];
  return normalizedMail({
    headers: [...headers, ...id],
    from: mail.from === '' ? null : personOf(mail.from),
    replyTo: people(mail.reply_to),
    to: people(mail.to),
    cc: people(mail.cc),
    bcc: people(mail.bcc),
    subject: mail.subject ?? null,
    date: mail.created_at ?? null,
    text: mail.text ?? null,
    html: mail.html ?? null,
    attachments: [],
    fallbackId: `${mail.id}@resend`,
  });
}

/** `Anna <anna@far.example>`, or an address alone. */
function personOf(text: string): MailAddress {
  const [, name = '', address] = /^\s*"?([^"<]{0,200}?)"?\s*<([^<>]{1,320})>\s*$/.exec(text) ?? [];
  return address === undefined ? { name: '', address: text } : { name, address };
}
