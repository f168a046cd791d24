import { z } from 'zod';
import { isUuid } from '../base/id.ts';
import type { InboundResult } from '../connections/connection-kind.ts';
import type { OutgoingEmail, SendResult, SendTools } from '../messaging/emails/email-provider.ts';
import type { EmailReport, EmailReports, ReportSource } from '../messaging/emails/email-report.ts';
import { redactReply } from '../mail/mail-transport.ts';
import { wasNotSent } from '../net/connection-failure.ts';
import type { HttpRequest, HttpResponse } from '../net/http-client.ts';

/** Large attachments take a while to send. */
const TIMEOUT_MS = 120_000;
const MAX_REPLY_BYTES = 256 * 1024;

/** The optional address of a provider's API: the one of another region, or of a test. */
export const baseUrlSetting = (standard: string) =>
  z
    .url({ protocol: /^https?$/ })
    .max(300)
    .optional()
    .meta({ title: 'API address', description: `Default: ${standard}.` });

/** The address of a provider's API. */
export function baseUrlOf(settings: Readonly<Record<string, unknown>>, standard: string): string {
  const { base_url: own } = settings;
  return typeof own === 'string' && own !== '' ? own.replace(/\/+$/, '') : standard;
}

/**
 * Sends one request with a mail. Before it is sent, `beforeContent` marks the mail.
 * @returns the response, or what became of the mail where there was none
 */
export async function post(
  url: string,
  request: HttpRequest,
  { http, beforeContent, signal }: SendTools,
): Promise<HttpResponse | SendResult> {
  if (signal.aborted) return { outcome: 'deferred', text: 'This process stops.' };
  await beforeContent();
  try {
    return await http(url, { method: 'POST', timeoutMs: TIMEOUT_MS, maxBytes: MAX_REPLY_BYTES, ...request });
  } catch (error) {
    const text = redactReply(`No answer: ${(error as Error).message}`);
    return { outcome: wasNotSent(error) ? 'deferred' : 'unknown', text };
  }
}

export function isResult(answer: HttpResponse | SendResult): answer is SendResult {
  return 'outcome' in answer;
}

/** Whether a provider ignores the second request with the same id. */
interface RefusalRules {
  isIdempotent?: boolean;
}

/**
 * What a refusal means, by its status alone; providers look at their own codes first. 500, 502 and 504 may come after the
 * mail was accepted: without an idempotency key such a mail is unknown.
 */
export function resultOfRefusal(
  { status, headers }: HttpResponse,
  message: string,
  { isIdempotent = false }: RefusalRules = {},
): SendResult {
  const text = redactReply(`${status} ${message}`.trim());
  // Success in words that the provider does not use, as of a proxy between.
  if (status < 300) return { outcome: 'unknown', text };
  if (status === 401 || status === 403) return { outcome: 'account_refused', text };
  if (status === 429 || status === 503 || status === 408) {
    const seconds = Number(headers['retry-after']);
    const wait = seconds > 0 && seconds < 86_400 ? { retryAfterMs: seconds * 1000 } : {};
    return { outcome: 'deferred', text, ...wait };
  }
  if (status >= 500)
    return isIdempotent ? { outcome: 'deferred', text, mayBeAccepted: true } : { outcome: 'unknown', text };
  if (status >= 300 && status < 400) return { outcome: 'account_refused', text };
  return { outcome: 'failed', text };
}

const object = z.record(z.string(), z.unknown());

/** A JSON object of a response; empty if it is none. */
export function parsedReply(body: Buffer): Record<string, unknown> {
  try {
    return object.catch({}).parse(JSON.parse(body.toString()));
  } catch {
    return {};
  }
}

export function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** Name and address for an API that takes them as one text. */
export function mailbox({ address, name }: OutgoingEmail['parts']['from']): string {
  return name === null ? address : `"${name.replaceAll(/["\\\p{Cc}]/gu, '')}" <${address}>`;
}

/** Reports carry the id of the mail under this name, where a provider keeps such values. */
export const EMAIL_ID = 'fairlead_id';

/** The id of the mail that a report names; nothing if it names none. */
export function emailIdOf(value: unknown): Pick<EmailReport, 'emailId'> {
  return typeof value === 'string' && isUuid(value) ? { emailId: value } : {};
}

/** Milliseconds of a time as providers write it; now, if it is none or in the future. */
export function timeOfReport(value: unknown, now: number): number {
  const ms = typeof value === 'number' ? value * 1000 : Date.parse(String(value));
  return Number.isFinite(ms) && ms > 0 ? Math.min(ms, now) : now;
}

/** Applies the reports of one request, and says what became of them. */
export async function takeReports(
  emails: EmailReports,
  source: ReportSource,
  reports: readonly EmailReport[],
  reason: string,
): Promise<InboundResult> {
  if (reports.length === 0) return { outcome: 'ignored', reason, answer: '{"status":"ignored"}' };
  const outcomes = await emails.take(source, reports);
  if (outcomes.includes('applied')) return { outcome: 'accepted', answer: '{"status":"accepted"}' };
  if (outcomes.includes('unchanged')) return { outcome: 'duplicate', answer: '{"status":"duplicate"}' };
  return {
    outcome: 'ignored',
    reason: 'unknown_email: no mail of this account has the id.',
    answer: '{"status":"ignored"}',
  };
}
