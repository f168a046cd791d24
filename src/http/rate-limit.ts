import type { Caller } from '../account/caller.ts';
import { termsOf } from '../account/plan.ts';
import type { Quota, WindowState } from '../account/quota.ts';
import { ApiError } from '../base/errors.ts';

/** The limit that is reported when there is none: clients expect a number (AX3). */
const NOMINAL_LIMIT = 1_000_000;
/** Seconds, likewise. */
const NOMINAL_SPAN_S = 60;

/**
 * `X-RateLimit-Limit`, `-Remaining` and `-Reset` (unix seconds) of the window with least remaining (AX3, AN11). If
 * the plan has windows, also the IETF's `RateLimit-Policy` and `RateLimit`, with all windows.
 */
export function rateLimitHeaders({ plan, via, quota }: Caller): Record<string, string> {
  const [tightest] = quota.windows;
  if (tightest === undefined) {
    const limit = String(via.kind === 'session' || termsOf(plan).api ? NOMINAL_LIMIT : 0);
    return {
      'x-ratelimit-limit': limit,
      'x-ratelimit-remaining': limit,
      'x-ratelimit-reset': String(quota.nowS + NOMINAL_SPAN_S),
    };
  }
  return {
    'x-ratelimit-limit': String(tightest.limit),
    'x-ratelimit-remaining': String(tightest.remaining),
    'x-ratelimit-reset': String(tightest.resetS),
    'ratelimit-policy': quota.windows
      .map((item) => `${nameOf(item)};q=${item.limit};w=${item.spanS}`)
      .join(', '),
    ratelimit: quota.windows
      .map((item) => `${nameOf(item)};r=${item.remaining};t=${secondsLeft(item, quota)}`)
      .join(', '),
  };
}

/** 429; Retry-After is when the first request leaves the last full window. */
export function rateLimited(quota: Quota): ApiError {
  const full = quota.windows.filter(({ remaining }) => remaining <= 0);
  const retryAfter = Math.max(1, ...full.map((item) => secondsLeft(item, quota)));
  const [window] = full.length > 0 ? full : quota.windows;
  const what = window
    ? `${window.limit} requests in ${window.spanS} seconds for ${window.scope === 'key' ? 'this API key' : 'the workspace'}`
    : 'the limit';
  return new ApiError('rate_limited', `The plan allows ${what}; try again in ${retryAfter} seconds.`, {
    retryAfter,
  });
}

function nameOf({ scope, spanS }: WindowState): string {
  return `"${scope}-${spanS}"`;
}

function secondsLeft({ resetS }: WindowState, { nowS }: Quota): number {
  return Math.max(0, resetS - nowS);
}
