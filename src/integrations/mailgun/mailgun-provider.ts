import { randomBytes } from 'node:crypto';
import type { ConnectionValues, TestResult } from '../../connections/connection-kind.ts';
import type { EmailProvider, SendResult, SendTools } from '../../messaging/emails/email-provider.ts';
import type { HttpResponse } from '../../net/http-client.ts';
import { baseUrlOf, EMAIL_ID, isResult, parsedReply, post, resultOfRefusal, textOf } from '../email-api.ts';

export const MAILGUN_URL = 'https://api.mailgun.net';

/** Mail by Mailgun, as MIME. A mail can be found again by its Message-ID. */
export const mailgunProvider: EmailProvider = {
  kind: 'mailgun',

  async send({ id, envelope, raw }, account, tools) {
    const { body, contentType } = multipart(
      [
        ...envelope.to.map((address) => ['to', address] as const),
        [`v:${EMAIL_ID}`, id],
        // Counted by the program itself.
        ['o:tracking', 'no'],
      ],
      raw,
    );
    const headers = { ...authorization(account), 'content-type': contentType };
    const answer = await post(`${domainUrl(account)}/messages.mime`, { headers, body }, tools);
    return isResult(answer) ? answer : resultOf(answer);
  },

  async lookUp({ messageId }, account, { http }) {
    const query = new URLSearchParams({ 'message-id': messageId, event: 'accepted', limit: '1' });
    const { status, body } = await http(`${domainUrl(account)}/events?${query.toString()}`, {
      headers: authorization(account),
    });
    const { items } = parsedReply(body) as { items?: unknown[] };
    // Events are listed with a delay.
    if (status !== 200 || !Array.isArray(items) || items.length === 0) return { outcome: 'unknown' };
    return { outcome: 'accepted', providerId: messageId };
  },

  test: testMailgun,
  dns: () => ({ spfInclude: 'include:mailgun.org', dkimSelectors: [] }),
};

function resultOf(response: HttpResponse): SendResult {
  const reply = parsedReply(response.body);
  if (response.status === 200)
    return { outcome: 'accepted', providerId: textOf(reply['id'])?.replace(/^<|>$/g, '') ?? null };
  // The domain is unknown, or of the other region.
  if (response.status === 404)
    return { outcome: 'account_refused', text: 'Mailgun does not know the domain.' };
  return resultOfRefusal(response, textOf(reply['message']) ?? '');
}

/** Reads the domain. */
export async function testMailgun(
  values: ConnectionValues,
  { http }: Pick<SendTools, 'http'>,
): Promise<TestResult> {
  try {
    const domain = encodeURIComponent(String(values.settings['domain']));
    const { status, body } = await http(`${baseUrlOf(values.settings, MAILGUN_URL)}/v4/domains/${domain}`, {
      headers: authorization(values),
    });
    if (status === 200) return { ok: true, message: 'The key works, and the domain is there.' };
    const message = textOf(parsedReply(body)['message']) ?? 'no message';
    return { ok: false, message: `Mailgun answered ${status}: ${message}` };
  } catch (error) {
    return { ok: false, message: `Mailgun could not be reached: ${(error as Error).message}` };
  }
}

function domainUrl({ settings }: Pick<ConnectionValues, 'settings'>): string {
  return `${baseUrlOf(settings, MAILGUN_URL)}/v3/${encodeURIComponent(String(settings['domain']))}`;
}

function authorization({ secrets }: Pick<ConnectionValues, 'secrets'>): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(`api:${secrets['api_key']}`).toString('base64')}` };
}

/** A multipart body with a file called `message`. */
function multipart(
  fields: readonly (readonly [name: string, value: string])[],
  message: Buffer,
): { body: Buffer; contentType: string } {
  const boundary = `fairlead-${randomBytes(18).toString('hex')}`;
  const part = (disposition: string) => `--${boundary}\r\nContent-Disposition: form-data; ${disposition}\r\n`;
  const body = Buffer.concat([
    ...fields.map(([name, value]) => Buffer.from(`${part(`name="${name}"`)}\r\n${value}\r\n`)),
    Buffer.from(`${part('name="message"; filename="message.eml"')}Content-Type: message/rfc822\r\n\r\n`),
    message,
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ]);
  return { body, contentType: `multipart/form-data; boundary=${boundary}` };
}
