import type { HitKind } from './tracking-token.ts';
import { isAppleRelay, isMicrosoftScanner } from './scanner-network.ts';
import { describeAgent } from './user-agent.ts';

/**
 * `human`: a person opened or clicked. `machine`: a scanner or a proxy that loads every mail. `unknown`: it can be either.
 * `ignored`: the sender, or a colleague, looked at the own mail.
 */
export const VERDICTS = ['human', 'machine', 'unknown', 'ignored'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** Why a hit has its verdict. Stored with it, so the names never change. */
export const HIT_REASONS = [
  'self',
  'method',
  'prefetch',
  'scanner',
  'bot',
  'no_user_agent',
  'apple_mpp',
  'microsoft_safelinks',
  'microsoft_network',
  'instant',
  'honeypot',
  'burst',
  'proxied',
  'mail_client',
  'browser',
] as const;
export type HitReason = (typeof HIT_REASONS)[number];

/** A request for a pixel or a tracked link. Header values are as sent, '' where there are none. */
export interface Hit {
  kind: HitKind;
  /** Number of the link in its mail; 0 for the pixel. */
  link: number;
  /** Wall-clock milliseconds. */
  at: number;
  method: string;
  userAgent: string;
  referer: string;
  /** `Sec-Purpose`, `Purpose`, `X-Purpose` and `X-Moz`, joined. */
  purpose: string;
  /** An IP address. */
  address: string;
}

/** Another hit of the same mail by the same visitor. */
export interface NeighbourHit {
  kind: HitKind;
  link: number;
  at: number;
  isHoneypot: boolean;
}

export interface HitContext {
  /** When the provider accepted the mail, and when it reported the delivery, in milliseconds; null if not known. */
  sentAt: number | null;
  deliveredAt: number | null;
  isHoneypot: boolean;
  /** Whether a member of the workspace made it, by session or by address. */
  isSelf: boolean;
  /** Hits of the same mail by the same visitor, at most 60 s away. */
  neighbours: readonly NeighbourHit[];
}

export interface Judgement {
  verdict: Verdict;
  reason: HitReason;
}

/** A scanner clicks before a person can have read the mail. */
const INSTANT_MS = { open: 2_000, click: 5_000 } as const;
/** Nobody opens two links of a mail this fast. */
export const BURST_MS = 2_000;
/** A visitor of the honeypot is a scanner, and everything that it does around that time. */
export const HONEYPOT_MS = 60_000;

/**
 * Whether a person made a hit. The first rule that applies decides; the order is that of certainty, so that what a request
 * says about itself comes before what timing suggests.
 */
export function judgeHit(hit: Hit, context: HitContext): Judgement {
  const agent = describeAgent(hit.userAgent);
  if (context.isSelf) return { verdict: 'ignored', reason: 'self' };
  if (hit.method !== 'GET') return machine('method');
  if (/\b(prefetch|prerender|preview)\b/i.test(hit.purpose)) return machine('prefetch');
  if (context.isHoneypot) return machine('honeypot');
  if (agent.kind === 'scanner') return machine('scanner');
  return (hit.kind === 'click' ? judgeClick(hit) : judgeOpen(hit)) ?? judgeTiming(hit, context);
}

/** What a click says about itself; null: no rule applies. */
function judgeClick({ userAgent, address }: Hit): Judgement | null {
  const agent = describeAgent(userAgent);
  if (userAgent.trim() === '') return machine('no_user_agent');
  if (agent.kind === 'bot' || agent.kind === 'proxy') return machine('bot');
  // Defender for Office opens links from its own network and says that it is Chrome on Windows.
  if (isMicrosoftScanner(address) && /Windows NT.*Chrome\//.test(userAgent))
    return machine('microsoft_safelinks');
  return null;
}

function judgeOpen({ userAgent, referer, address }: Hit): Judgement | null {
  // Mail Privacy Protection loads every picture on arrival, whether or not the mail is read.
  if (userAgent === 'Mozilla/5.0' && referer === '') return machine('apple_mpp');
  const isApple = /AppleWebKit\//.test(userAgent) && !/Safari\/|Version\/|Chrome\//.test(userAgent);
  if (isApple && referer === '' && isAppleRelay(address)) return machine('apple_mpp');
  return null;
}

function judgeTiming(hit: Hit, { sentAt, deliveredAt, neighbours }: HitContext): Judgement {
  const { kind, at, address, userAgent } = hit;
  // Without a report of the delivery, acceptance is the earliest time at which the mail was there.
  const arrivedAt = deliveredAt ?? sentAt;
  if (arrivedAt !== null && at - arrivedAt < INSTANT_MS[kind]) return machine('instant');
  if (neighbours.some((other) => other.isHoneypot && Math.abs(other.at - at) <= HONEYPOT_MS))
    return machine('honeypot');
  if (kind === 'click') {
    const isBurst = neighbours.some(
      (other) => other.kind === 'click' && other.link !== hit.link && Math.abs(other.at - at) <= BURST_MS,
    );
    return isBurst ? machine('burst') : { verdict: 'human', reason: 'browser' };
  }
  return judgeReader(userAgent, address);
}

/** An open that no rule excludes. */
function judgeReader(userAgent: string, address: string): Judgement {
  const agent = describeAgent(userAgent);
  // Gmail and Yahoo load a picture through their proxy when the mail is read.
  if (agent.kind === 'proxy') return { verdict: 'human', reason: 'proxied' };
  // People who read in Outlook on the web come from the network of Microsoft's scanners.
  if (isMicrosoftScanner(address)) return { verdict: 'unknown', reason: 'microsoft_network' };
  if (userAgent.trim() === '') return { verdict: 'unknown', reason: 'no_user_agent' };
  // Some mail programs have names that lists of bots contain.
  if (agent.kind === 'bot') return { verdict: 'unknown', reason: 'bot' };
  return { verdict: 'human', reason: agent.kind === 'client' ? 'mail_client' : 'browser' };
}

function machine(reason: HitReason): Judgement {
  return { verdict: 'machine', reason };
}
