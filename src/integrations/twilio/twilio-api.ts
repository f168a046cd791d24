import { ApiError } from '../../base/errors.ts';
import type { TestResult } from '../../connections/connection-kind.ts';
import type { CallReport } from '../../messaging/telephony/call-state.ts';
import type { MessageReport } from '../../messaging/telephony/message-status.ts';
import { mediaTypeOf } from '../../messaging/telephony/media-type.ts';
import type {
  DialOutcome,
  FetchedFile,
  OutgoingCall,
  OutgoingMessage,
  PhoneAccount,
  PhoneProvider,
  ProviderTools,
  SendOutcome,
} from '../../messaging/telephony/phone-provider.ts';
import { wasNotSent } from '../../net/connection-failure.ts';
import type { HttpClient, HttpResponse } from '../../net/http-client.ts';
import { numbersIn } from './twilio-number.ts';
import { callStatusOf, messageStatusOf } from './twilio-status.ts';
import { OPTED_OUT_CODE, twilioErrorText } from './twilio-error.ts';

const BASE_URL = 'https://api.twilio.com';
/** Twilio answers within seconds; what takes longer may still have been done. */
const TIMEOUT_MS = 15_000;
const FILE_TIMEOUT_MS = 60_000;
const PAUSE_MS = 5_000;
const MAX_PAUSE_MS = 3_600_000;
const NOT_REACHED_MS = 60_000;
const LISTED = 50;
/** How far the clocks of this server and of Twilio may be apart. */
const CLOCK_SKEW_MS = 60_000;
/** Where files of Twilio are; redirects elsewhere are not followed. */
const FILE_HOSTS = /(^|\.)(twilio\.com|twiliocdn\.com|amazonaws\.com)$/;
const MAX_REDIRECTS = 3;

type Json = Readonly<Record<string, unknown>>;

/** Messages and calls by Twilio's REST API; SignalWire has the same one, at another `base_url`. */
export const twilioProvider: PhoneProvider = {
  kind: 'twilio',
  numbersOf: numbersIn,
  send,
  lookUp,
  dial,
  lookUpCall,
  fetchFile,
};

async function send(
  account: PhoneAccount,
  message: OutgoingMessage,
  tools: ProviderTools,
): Promise<SendOutcome> {
  const service = textOf(account.settings['messaging_service_sid']);
  const fields: [string, string][] = [
    ['To', message.to],
    service === null ? ['From', message.from] : ['MessagingServiceSid', service],
    ['Body', message.body],
    ...message.mediaUrls.map((url): [string, string] => ['MediaUrl', url]),
    ['StatusCallback', `${callbackUrl(account, tools, 'sms-status')}?message=${message.id}`],
  ];
  const answered = await post(account, tools, 'Messages.json', fields);
  if ('failure' in answered) {
    const { isUnsent, failure } = answered;
    return isUnsent
      ? { outcome: 'deferred', pauseMs: NOT_REACHED_MS, error: failure }
      : { outcome: 'unknown', error: failure };
  }
  const { response, json } = answered;
  const { status } = response;
  if (status === 200 || status === 201) {
    const report = reportIn(json);
    return report
      ? { outcome: 'accepted', report }
      : { outcome: 'unknown', error: 'Twilio answered without a sid' };
  }
  const code = codeIn(json);
  if (status === 429 || code === '20429' || status === 503)
    return { outcome: 'deferred', pauseMs: pauseOf(response), error: `Twilio answered ${status}` };
  if (status >= 500 || status < 300) return { outcome: 'unknown', error: `Twilio answered ${status}` };
  const text = twilioErrorText(code, textOf(json['message'])) ?? `Twilio answered ${status}.`;
  return { outcome: 'refused', code: code ?? String(status), text, isOptOut: code === OPTED_OUT_CODE };
}

async function lookUp(
  account: PhoneAccount,
  { from, to, body }: OutgoingMessage,
  since: number,
  tools: ProviderTools,
): Promise<MessageReport[]> {
  const day = new Date(since - CLOCK_SKEW_MS).toISOString().slice(0, 10);
  const query = new URLSearchParams({ To: to, 'DateSent>': day, PageSize: String(LISTED) });
  const json = await get(account, tools, `Messages.json?${query.toString()}`);
  const messages = Array.isArray(json['messages']) ? (json['messages'] as Json[]) : [];
  const hasService = textOf(account.settings['messaging_service_sid']) !== null;
  return messages.flatMap((item) => {
    const at = Date.parse(textOf(item['date_created']) ?? '');
    const isSame =
      item['to'] === to && item['body'] === body && (hasService || item['from'] === from) && !isInbound(item);
    if (!isSame || at < since - CLOCK_SKEW_MS) return [];
    return reportIn(item) ?? [];
  });
}

function isInbound({ direction }: Json): boolean {
  return direction === 'inbound';
}

async function dial(account: PhoneAccount, call: OutgoingCall, tools: ProviderTools): Promise<DialOutcome> {
  const answered = await post(account, tools, 'Calls.json', [
    ['To', call.agent],
    ['From', call.from],
    ['Url', `${callbackUrl(account, tools, 'voice')}?call=${call.id}`],
    ['StatusCallback', `${callbackUrl(account, tools, 'voice-status')}?call=${call.id}`],
    ...['initiated', 'ringing', 'answered', 'completed'].map((event): [string, string] => [
      'StatusCallbackEvent',
      event,
    ]),
  ]);
  if ('failure' in answered)
    return answered.isUnsent
      ? { outcome: 'refused', text: `Twilio could not be reached: ${answered.failure}.` }
      : { outcome: 'unknown', error: answered.failure };
  const { response, json } = answered;
  const sid = textOf(json['sid']);
  if ((response.status === 200 || response.status === 201) && sid !== null)
    return { outcome: 'accepted', externalId: sid };
  if (response.status >= 500 && response.status !== 503)
    return { outcome: 'unknown', error: `Twilio answered ${response.status}` };
  const text = twilioErrorText(codeIn(json), textOf(json['message']));
  return { outcome: 'refused', text: text ?? `Twilio answered ${response.status}.` };
}

async function lookUpCall(
  account: PhoneAccount,
  sid: string,
  tools: ProviderTools,
): Promise<CallReport | null> {
  const json = await get(account, tools, `Calls/${encodeURIComponent(sid)}.json`);
  const status = callStatusOf(textOf(json['status']) ?? '');
  if (status === null) return null;
  const durationS = Number(json['duration']);
  return {
    leg: 'parent',
    status,
    externalId: sid,
    durationS: Number.isInteger(durationS) ? durationS : null,
    answeredBy: null,
    errorText: null,
  };
}

/** Follows redirects to hosts of Twilio, without the account's password beyond its own API. */
async function fetchFile(
  account: PhoneAccount,
  url: string,
  maxBytes: number,
  { http }: ProviderTools,
): Promise<FetchedFile> {
  const { origin: ownOrigin } = new URL(baseOf(account));
  let next = url;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
    const { origin, hostname, protocol } = new URL(next);
    // The origin: the password is not sent without encryption to the same host.
    if (origin !== ownOrigin && (protocol !== 'https:' || !FILE_HOSTS.test(hostname)))
      throw new ApiError('conflict', 'The file is at a host that is none of Twilio.');
    const isOwn = origin === ownOrigin || hostname === 'api.twilio.com';
    const headers = isOwn ? { authorization: authorization(account) } : {};
    const {
      status,
      headers: sent,
      body,
    } = await http(next, { headers, timeoutMs: FILE_TIMEOUT_MS, maxBytes });
    if (status === 200) return { bytes: body, contentType: mediaTypeOf(body, sent['content-type']) };
    if (status === 404 && hop === 0) throw new Error('Twilio does not have the file yet');
    const location = sent.location;
    if (status < 300 || status > 399 || location === undefined)
      throw new Error(`Twilio answered ${status} instead of the file`);
    next = new URL(location, next).href;
  }
  throw new ApiError('conflict', 'The file is behind too many redirects.');
}

/** Asks Twilio for the account: whether its SID and auth token are right. Never throws. */
export async function testTwilio(
  account: Pick<PhoneAccount, 'settings' | 'secrets'>,
  http: HttpClient,
): Promise<TestResult> {
  const url = `${baseOf(account)}/2010-04-01/Accounts/${encodeURIComponent(String(account.settings['account_sid']))}.json`;
  try {
    const { status } = await http(url, {
      headers: { authorization: authorization(account), accept: 'application/json' },
      timeoutMs: TIMEOUT_MS,
    });
    if (status === 200) return { ok: true, message: 'Twilio knows the account, and accepts the auth token.' };
    if (status === 401 || status === 404)
      return { ok: false, message: 'Twilio refused the account SID and the auth token.' };
    return { ok: false, message: `Twilio answered ${status}.` };
  } catch (error) {
    return { ok: false, message: `Twilio could not be reached: ${(error as Error).message}.` };
  }
}

type Posted = { response: HttpResponse; json: Json } | { failure: string; isUnsent: boolean };

async function post(
  account: PhoneAccount,
  { http }: ProviderTools,
  path: string,
  fields: readonly [string, string][],
): Promise<Posted> {
  try {
    const response = await http(pathOf(account, path), {
      method: 'POST',
      headers: {
        authorization: authorization(account),
        'content-type': 'application/x-www-form-urlencoded',
        accept: 'application/json',
      },
      body: new URLSearchParams([...fields]).toString(),
      timeoutMs: TIMEOUT_MS,
    });
    return { response, json: parsed(response.body) };
  } catch (error) {
    return { failure: (error as Error).message, isUnsent: wasNotSent(error) };
  }
}

async function get(account: PhoneAccount, { http }: ProviderTools, path: string): Promise<Json> {
  const { status, body } = await http(pathOf(account, path), {
    headers: { authorization: authorization(account), accept: 'application/json' },
    timeoutMs: TIMEOUT_MS,
  });
  if (status !== 200) throw new Error(`Twilio answered ${status}`);
  return parsed(body);
}

/** The URL of a resource of the account. */
export function pathOf({ settings }: Pick<PhoneAccount, 'settings'>, path: string): string {
  const sid = encodeURIComponent(String(settings['account_sid']));
  return `${baseOf({ settings })}/2010-04-01/Accounts/${sid}/${path}`;
}

function baseOf({ settings }: Pick<PhoneAccount, 'settings'>): string {
  return (textOf(settings['base_url']) ?? BASE_URL).replace(/\/+$/, '');
}

function authorization({ settings, secrets }: Pick<PhoneAccount, 'settings' | 'secrets'>): string {
  const pair = `${String(settings['account_sid'])}:${secrets['auth_token']!}`;
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}

/** An inbound URL of the connection. */
export function callbackUrl(
  { kind, id }: Pick<PhoneAccount, 'kind' | 'id'>,
  tools: { baseUrl: string },
  path: string,
) {
  return `${tools.baseUrl}/webhooks/${kind}/${id}/${path}`;
}

function reportIn(json: Json): MessageReport | null {
  const sid = textOf(json['sid']);
  if (sid === null) return null;
  const code = codeOf(json['error_code']);
  return {
    externalId: sid,
    status: messageStatusOf(textOf(json['status']) ?? '') ?? 'sent',
    errorCode: code,
    errorText: twilioErrorText(code, textOf(json['error_message'])),
  };
}

function codeIn({ code }: Json): string | null {
  return codeOf(code);
}

function codeOf(value: unknown): string | null {
  return typeof value === 'number' || typeof value === 'string' ? String(value) : null;
}

function pauseOf({ headers }: HttpResponse): number {
  const seconds = Number(headers['retry-after']);
  return seconds > 0 ? Math.min(MAX_PAUSE_MS, seconds * 1000) : PAUSE_MS;
}

function parsed(body: Buffer): Json {
  try {
    const value: unknown = JSON.parse(body.toString());
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
  } catch {
    return {};
  }
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
