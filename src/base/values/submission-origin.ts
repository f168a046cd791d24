import { isIPv4 } from 'node:net';
import ipaddr from 'ipaddr.js';

const MAX_URL_LENGTH = 2000;

/** Campaign fields, which advertisers use to track where a lead came from. */
const UTM = ['utm_source', 'utm_medium', 'utm_campaign', 'utm_term', 'utm_content'] as const;

/** A text that can be stored, at most 2,000 UTF-16 units of it; of a list, its last item. Null for anything else. */
export function storableText(sent: unknown): string | null {
  const value: unknown = Array.isArray(sent) ? sent.at(-1) : sent;
  if (typeof value !== 'string' || value === '' || value.includes('\0') || !value.isWellFormed()) return null;
  return value.slice(0, MAX_URL_LENGTH).toWellFormed();
}

/** The UTM fields of a submission; those it lacks, from the query of the referrer. */
export function campaignOf(fields: Record<string, unknown>, referrer: string | null): Record<string, string> {
  const query = referrer !== null && URL.canParse(referrer) ? new URL(referrer).searchParams : null;
  const utm: Record<string, string> = {};
  for (const name of UTM) {
    const value = storableText(fields[name]) ?? storableText(query?.get(name));
    if (value !== null) utm[name] = value;
  }
  return utm;
}

/** An IP address without its last 8 bits (IPv6: 80), which no longer identifies a person. */
export function shortenedAddress(address: string): string | null {
  if (isIPv4(address)) return `${address.slice(0, address.lastIndexOf('.'))}.0`;
  if (!ipaddr.isValid(address)) return null;
  const parsed = ipaddr.process(address);
  const kept = parsed.kind() === 'ipv4' ? 3 : 6;
  const bytes = parsed.toByteArray().map((byte, at) => (at < kept ? byte : 0));
  return ipaddr.fromByteArray(bytes).toString();
}
