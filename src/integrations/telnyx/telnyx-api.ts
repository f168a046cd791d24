import { ApiError } from '../../base/errors.ts';
import type { TestResult } from '../../connections/connection-kind.ts';
import { mediaTypeOf } from '../../messaging/telephony/media-type.ts';
import type {
  FetchedFile,
  OutgoingMessage,
  PhoneAccount,
  PhoneProvider,
  ProviderTools,
  SendOutcome,
} from '../../messaging/telephony/phone-provider.ts';
import { wasNotSent } from '../../net/connection-failure.ts';
import type { HttpClient } from '../../net/http-client.ts';
import { codeOf, reportOf } from './telnyx-event.ts';

const BASE_URL = 'https://api.telnyx.com';
const TIMEOUT_MS = 15_000;
const FILE_TIMEOUT_MS = 60_000;
const PAUSE_MS = 5_000;
const NOT_REACHED_MS = 60_000;
const OPTED_OUT = '40300';
/** Where the files of received messages are. */
const FILE_HOSTS = /(^|\.)(telnyx\.com|telnyx-media\.com|amazonaws\.com)$/;

type Json = Readonly<Record<string, unknown>>;

/** Messages by Telnyx's API. It cannot be asked for a message by its text: an unknown outcome stays unknown. */
export const telnyxProvider: PhoneProvider = {
  kind: 'telnyx',
  numbersOf: ({ from }) => (typeof from === 'string' && from !== '' ? [from] : []),
  send,
  fetchFile,
};

async function send(
  { settings, secrets, kind, id: connectionId }: PhoneAccount,
  { from, to, body, mediaUrls }: OutgoingMessage,
  { http, baseUrl }: ProviderTools,
): Promise<SendOutcome> {
  const profile = settings['messaging_profile_id'];
  const sent = {
    from,
    to,
    ...(body !== '' && { text: body }),
    ...(mediaUrls.length > 0 && { media_urls: mediaUrls }),
    ...(typeof profile === 'string' && profile !== '' && { messaging_profile_id: profile }),
    webhook_url: `${baseUrl}/webhooks/${kind}/${connectionId}`,
  };
  try {
    const response = await http(`${baseOf(settings)}/v2/messages`, {
      method: 'POST',
      headers: { authorization: `Bearer ${secrets['api_key']!}`, 'content-type': 'application/json' },
      body: JSON.stringify(sent),
      timeoutMs: TIMEOUT_MS,
    });
    return outcomeOf(response.status, parsed(response.body));
  } catch (error) {
    const text = (error as Error).message;
    return wasNotSent(error)
      ? { outcome: 'deferred', pauseMs: NOT_REACHED_MS, error: text }
      : { outcome: 'unknown', error: text };
  }
}

function outcomeOf(status: number, json: Json): SendOutcome {
  if (status >= 200 && status < 300) {
    const report = reportOf((json['data'] ?? {}) as Json);
    return report
      ? { outcome: 'accepted', report }
      : { outcome: 'unknown', error: 'Telnyx answered without an id' };
  }
  if (status === 429 || status === 503)
    return { outcome: 'deferred', pauseMs: PAUSE_MS, error: `Telnyx answered ${status}` };
  if (status >= 500) return { outcome: 'unknown', error: `Telnyx answered ${status}` };
  const [error = {}] = (Array.isArray(json['errors']) ? json['errors'] : []) as Json[];
  const code = codeOf(error['code']) ?? String(status);
  const text = codeOf(error['detail']) ?? codeOf(error['title']) ?? `Telnyx answered ${status}.`;
  return { outcome: 'refused', code, text, isOptOut: code === OPTED_OUT };
}

/** Asks Telnyx for the balance: whether the API key is right. Never throws. */
export async function testTelnyx(
  { settings, secrets }: Pick<PhoneAccount, 'settings' | 'secrets'>,
  http: HttpClient,
): Promise<TestResult> {
  try {
    const { status } = await http(`${baseOf(settings)}/v2/balance`, {
      headers: { authorization: `Bearer ${secrets['api_key']!}` },
      timeoutMs: TIMEOUT_MS,
    });
    if (status === 200) return { ok: true, message: 'Telnyx accepts the API key.' };
    if (status === 401 || status === 403) return { ok: false, message: 'Telnyx refused the API key.' };
    return { ok: false, message: `Telnyx answered ${status}.` };
  } catch (error) {
    return { ok: false, message: `Telnyx could not be reached: ${(error as Error).message}.` };
  }
}

function baseOf(settings: PhoneAccount['settings']): string {
  return typeof settings['base_url'] === 'string' ? settings['base_url'].replace(/\/+$/, '') : BASE_URL;
}

async function fetchFile(
  _account: PhoneAccount,
  url: string,
  maxBytes: number,
  { http }: ProviderTools,
): Promise<FetchedFile> {
  const { hostname, protocol } = new URL(url);
  if (protocol !== 'https:' || !FILE_HOSTS.test(hostname))
    throw new ApiError('conflict', 'The file is at a host that is none of Telnyx.');
  const { status, headers, body } = await http(url, { timeoutMs: FILE_TIMEOUT_MS, maxBytes });
  if (status !== 200) throw new Error(`Telnyx answered ${status} instead of the file`);
  return { bytes: body, contentType: mediaTypeOf(body, headers['content-type']) };
}

function parsed(body: Buffer): Json {
  try {
    const value: unknown = JSON.parse(body.toString());
    return typeof value === 'object' && value !== null ? (value as Json) : {};
  } catch {
    return {};
  }
}
