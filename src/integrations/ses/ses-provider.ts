import type { ConnectionValues, TestResult } from '../../connections/connection-kind.ts';
import type { EmailProvider, SendResult, SendTools } from '../../messaging/emails/email-provider.ts';
import type { HttpResponse } from '../../net/http-client.ts';
import { baseUrlOf, EMAIL_ID, isResult, parsedReply, post, resultOfRefusal, textOf } from '../email-api.ts';
import { signedHeaders, type AwsScope } from './aws-signature.ts';

const PATH = '/v2/email/outbound-emails';

/** Errors that are about the account and not about the mail. */
const ACCOUNT_ERRORS =
  /^(AccountSuspended|SendingPaused|MailFromDomainNotVerified|ConfigurationSetDoesNotExist|NotFound)/;

/** Mail by Amazon SES, as MIME. SES has no idempotency key, and cannot be asked about a mail. */
export const sesProvider: EmailProvider = {
  kind: 'ses',

  async send({ id, envelope, raw, parts }, account, tools) {
    const { cc, bcc, to } = parts;
    const set = textOf(account.settings['configuration_set']);
    const body = JSON.stringify({
      FromEmailAddress: envelope.from,
      Destination: {
        ToAddresses: [to.address],
        ...(cc.length > 0 && { CcAddresses: cc }),
        ...(bcc.length > 0 && { BccAddresses: bcc }),
      },
      Content: { Raw: { Data: raw.toString('base64') } },
      ...(set !== null && { ConfigurationSetName: set }),
      EmailTags: [{ Name: EMAIL_ID, Value: id }],
    });
    const url = `${apiUrl(account)}${PATH}`;
    const type = { 'content-type': 'application/json' };
    const headers = signedHeaders({ method: 'POST', url, headers: type, body }, scopeOf(account), Date.now());
    const answer = await post(url, { headers, body }, tools);
    return isResult(answer) ? answer : resultOf(answer);
  },

  test: testSes,
  dns: () => ({ spfInclude: 'include:amazonses.com', dkimSelectors: [] }),
};

function resultOf(response: HttpResponse): SendResult {
  const { status, headers, body } = response;
  const reply = parsedReply(body);
  if (status === 200) return { outcome: 'accepted', providerId: textOf(reply['MessageId']) };
  const error = String(headers['x-amzn-errortype'] ?? textOf(reply['__type']) ?? '')
    .replace(/^.*#/, '')
    .split(':')[0]!;
  const text = `${error} ${textOf(reply['message']) ?? textOf(reply['Message']) ?? ''}`.trim();
  if (ACCOUNT_ERRORS.test(error)) return { outcome: 'account_refused', text };
  // The daily quota: SES answers 400.
  if (/^(LimitExceeded|TooManyRequests|Throttling)/.test(error)) return { outcome: 'deferred', text };
  return resultOfRefusal(response, text);
}

/** Reads the account's sending state. */
export async function testSes(
  values: ConnectionValues,
  { http }: Pick<SendTools, 'http'>,
): Promise<TestResult> {
  const url = `${apiUrl(values)}/v2/email/account`;
  const headers = signedHeaders({ method: 'GET', url, headers: {}, body: '' }, scopeOf(values), Date.now());
  try {
    const { status, body } = await http(url, { headers });
    const reply = parsedReply(body);
    if (status !== 200)
      return { ok: false, message: `SES answered ${status}: ${textOf(reply['message']) ?? 'no message'}.` };
    if (reply['ProductionAccessEnabled'] === false)
      return {
        ok: true,
        message: 'The keys work. The account is in the sandbox: it only sends to verified addresses.',
      };
    return { ok: true, message: 'The keys work, and the account may send.' };
  } catch (error) {
    return { ok: false, message: `SES could not be reached: ${(error as Error).message}` };
  }
}

function apiUrl({ settings }: ConnectionValues): string {
  return baseUrlOf(settings, `https://email.${String(settings['region'])}.amazonaws.com`);
}

function scopeOf({ settings, secrets }: ConnectionValues): AwsScope {
  return {
    accessKeyId: secrets['access_key_id'] ?? '',
    secretAccessKey: secrets['secret_access_key'] ?? '',
    region: String(settings['region']),
    service: 'ses',
  };
}
