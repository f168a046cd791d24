import type { ConnectionValues, TestResult } from '../../connections/connection-kind.ts';
import type {
  EmailAccount,
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

export const POSTMARK_URL = 'https://api.postmarkapp.com';

/** Error codes of Postmark that are about the recipient, and about the account. */
const RECIPIENT_ERRORS = new Set([300, 406]);
const ACCOUNT_ERRORS = new Set([10, 400, 401, 405, 410, 412, 413]);

/** Mail by Postmark. It takes no MIME; a mail can be found again by its metadata. */
export const postmarkProvider: EmailProvider = {
  kind: 'postmark',

  async send({ id, messageId, parts }, account, tools) {
    const body = JSON.stringify({
      ...contentOf(parts),
      Headers: [
        ...Object.entries(parts.headers).map(([Name, Value]) => ({ Name, Value })),
        { Name: 'Message-ID', Value: `<${messageId}>` },
        // Without it, Postmark makes an id of its own.
        { Name: 'X-PM-KeepID', Value: 'true' },
      ],
      Metadata: { [EMAIL_ID]: id },
      MessageStream: textOf(account.settings['message_stream']) ?? 'outbound',
      // Counted by the program itself.
      TrackOpens: false,
      TrackLinks: 'None',
    });
    const answer = await post(`${apiUrl(account)}/email`, { headers: headersOf(account), body }, tools);
    return isResult(answer) ? answer : resultOf(answer);
  },

  async lookUp({ id }, account, { http }) {
    const query = `count=1&offset=0&metadata_${EMAIL_ID}=${id}`;
    const { status, body } = await http(`${apiUrl(account)}/messages/outbound?${query}`, {
      headers: headersOf(account),
    });
    const { Messages: messages } = parsedReply(body) as { Messages?: { MessageID?: string }[] };
    // A mail that was taken a moment ago is not listed yet.
    if (status !== 200 || !Array.isArray(messages) || !messages[0]) return { outcome: 'unknown' };
    return { outcome: 'accepted', providerId: textOf(messages[0].MessageID) };
  },

  test: testPostmark,
  dns: () => ({ spfInclude: null, dkimSelectors: [] }),
};

function contentOf({ from, to, cc, bcc, replyTo, subject, html, text, attachments }: EmailParts): object {
  return {
    From: mailbox(from),
    To: mailbox(to),
    ...(cc.length > 0 && { Cc: cc.join(',') }),
    ...(bcc.length > 0 && { Bcc: bcc.join(',') }),
    ...(replyTo !== null && { ReplyTo: replyTo }),
    Subject: subject,
    ...(html !== null && { HtmlBody: html }),
    TextBody: text,
    Attachments: attachments.map(({ name, contentType, bytes, contentId }) => ({
      Name: name,
      Content: bytes.toString('base64'),
      ContentType: contentType,
      ...(contentId !== null && { ContentID: `cid:${contentId}` }),
    })),
  };
}

function resultOf(response: HttpResponse): SendResult {
  const reply = parsedReply(response.body);
  const code = Number(reply['ErrorCode']);
  if (response.status === 200 && code === 0)
    return { outcome: 'accepted', providerId: textOf(reply['MessageID']) };
  const message = `${code} ${textOf(reply['Message']) ?? ''}`;
  // An address that bounced or complained before: Postmark sends nothing to it.
  if (RECIPIENT_ERRORS.has(code)) return { outcome: 'bounced', status: null, text: inactive(code, message) };
  if (ACCOUNT_ERRORS.has(code)) return { outcome: 'account_refused', text: message };
  return resultOfRefusal(response, message);
}

function inactive(code: number, message: string): string {
  return code === 406 ? 'Invalid recipient: inactive at Postmark after a bounce or a complaint.' : message;
}

/** Reads the server that the token belongs to. */
export async function testPostmark(
  values: ConnectionValues,
  { http }: Pick<SendTools, 'http'>,
): Promise<TestResult> {
  try {
    const { status, body } = await http(`${apiUrl(values)}/server`, { headers: headersOf(values) });
    if (status === 200) return { ok: true, message: 'The server token works.' };
    return {
      ok: false,
      message: `Postmark answered ${status}: ${textOf(parsedReply(body)['Message']) ?? 'no message'}`,
    };
  } catch (error) {
    return { ok: false, message: `Postmark could not be reached: ${(error as Error).message}` };
  }
}

function apiUrl({ settings }: Pick<EmailAccount, 'settings'>): string {
  return baseUrlOf(settings, POSTMARK_URL);
}

function headersOf({ secrets }: Pick<EmailAccount, 'secrets'>): Record<string, string> {
  return {
    'content-type': 'application/json',
    accept: 'application/json',
    'x-postmark-server-token': secrets['server_token'] ?? '',
  };
}
