import type { ConnectionValues, TestResult } from '../../connections/connection-kind.ts';
import type {
  EmailParts,
  EmailProvider,
  SendResult,
  SendTools,
} from '../../messaging/emails/email-provider.ts';
import type { HttpResponse } from '../../net/http-client.ts';
import {
  baseUrlOf,
  EMAIL_ID,
  isResult,
  mailbox,
  parsedReply,
  post,
  resultOfRefusal,
  textOf,
} from '../email-api.ts';

export const RESEND_URL = 'https://api.resend.com';

/** Resend keeps idempotency keys for a day. */
const KEY_LIFETIME_MS = 23 * 3_600_000;

/** Mail by Resend. A second request with the id of the mail sends nothing, so a mail without an answer is sent again. */
export const resendProvider: EmailProvider = {
  kind: 'resend',

  async send({ id, messageId, parts }, account, tools) {
    const body = JSON.stringify({
      ...contentOf(parts),
      headers: { ...parts.headers, 'Message-ID': `<${messageId}>` },
      tags: [{ name: EMAIL_ID, value: id }],
    });
    const headers = { ...headersOf(account), 'idempotency-key': id };
    const url = `${baseUrlOf(account.settings, RESEND_URL)}/emails`;
    const answer = await post(url, { headers, body }, tools);
    return isResult(answer) ? answer : resultOf(answer);
  },

  lookUp({ submittedAt }) {
    const isKept = Date.now() - Date.parse(submittedAt) < KEY_LIFETIME_MS;
    return Promise.resolve({ outcome: isKept ? 'not_accepted' : 'unknown' });
  },

  test: testResend,
  dns: () => ({ spfInclude: 'include:amazonses.com', dkimSelectors: ['resend'] }),
};

function contentOf({ from, to, cc, bcc, replyTo, subject, html, text, attachments }: EmailParts): object {
  return {
    from: mailbox(from),
    to: [mailbox(to)],
    ...(cc.length > 0 && { cc }),
    ...(bcc.length > 0 && { bcc }),
    ...(replyTo !== null && { reply_to: replyTo }),
    subject,
    ...(html !== null && { html }),
    text,
    ...(attachments.length > 0 && {
      attachments: attachments.map(({ name, contentType, bytes, contentId }) => ({
        filename: name,
        content: bytes.toString('base64'),
        content_type: contentType,
        ...(contentId !== null && { content_id: contentId }),
      })),
    }),
  };
}

function resultOf(response: HttpResponse): SendResult {
  const reply = parsedReply(response.body);
  if (response.status === 200 || response.status === 201)
    return { outcome: 'accepted', providerId: textOf(reply['id']) };
  const name = textOf(reply['name']) ?? '';
  const message = `${name} ${textOf(reply['message']) ?? ''}`.trim();
  // The first request with the key is still under way.
  if (name === 'concurrent_idempotent_requests')
    return { outcome: 'deferred', text: message, mayBeAccepted: true };
  // The key was used for another content: the first one was accepted.
  if (name === 'invalid_idempotent_request') return { outcome: 'unknown', text: message };
  return resultOfRefusal(response, message, { isIdempotent: true });
}

/** Reads the domains; a key that may only send cannot, and says so. */
export async function testResend(
  values: ConnectionValues,
  { http }: Pick<SendTools, 'http'>,
): Promise<TestResult> {
  try {
    const url = `${baseUrlOf(values.settings, RESEND_URL)}/domains`;
    const { status, body } = await http(url, { headers: headersOf(values) });
    const name = textOf(parsedReply(body)['name']);
    if (status === 200 || name === 'restricted_api_key') return { ok: true, message: 'The key works.' };
    return { ok: false, message: `Resend answered ${status}: ${name ?? 'no message'}` };
  } catch (error) {
    return { ok: false, message: `Resend could not be reached: ${(error as Error).message}` };
  }
}

function headersOf({ secrets }: Pick<ConnectionValues, 'secrets'>): Record<string, string> {
  return { authorization: `Bearer ${secrets['api_key']}`, 'content-type': 'application/json' };
}
