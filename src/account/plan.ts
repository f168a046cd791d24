/** A sliding window: at most `max` requests in any `spanS` seconds, per workspace or per key. */
export interface Window {
  scope: 'workspace' | 'key';
  /** Length in seconds. */
  spanS: number;
  /** Requests are counted in slices of this many seconds; a slice counts until it has left the window completely. */
  bucketS: number;
  max: number;
}

/** The terms of a plan. */
export interface Terms {
  /** Whether API keys are accepted. */
  api: boolean;
  /** Whether webhooks are sent; otherwise they are paused. */
  webhooks: boolean;
  windows: readonly Window[];
  /** Maximum numbers of objects; null for no limit. */
  maxima: { webhooks: number | null; apiKeys: number | null };
}

const DAY: Omit<Window, 'max'> = { scope: 'workspace', spanS: 86_400, bucketS: 60 };
const MINUTE: Omit<Window, 'max'> = { scope: 'key', spanS: 60, bucketS: 1 };

/**
 * The plans of a workspace (AX14, AX17, AN11). The requirements define the windows; the maxima are Fairlead's.
 * `unlimited` is the default of self-hosted installations.
 */
export const PLANS = {
  free: { api: false, webhooks: false, windows: [], maxima: { webhooks: 2, apiKeys: 2 } },
  paid: {
    api: true,
    webhooks: true,
    windows: [{ ...DAY, max: 1000 }],
    maxima: { webhooks: 20, apiKeys: 20 },
  },
  standard: {
    api: true,
    webhooks: true,
    windows: [{ ...MINUTE, max: 100 }],
    maxima: { webhooks: 20, apiKeys: 20 },
  },
  professional: {
    api: true,
    webhooks: true,
    windows: [{ ...MINUTE, max: 300 }],
    maxima: { webhooks: 100, apiKeys: 100 },
  },
  enterprise: {
    api: true,
    webhooks: true,
    windows: [{ ...MINUTE, max: 1000 }],
    maxima: { webhooks: 1000, apiKeys: 1000 },
  },
  unlimited: { api: true, webhooks: true, windows: [], maxima: { webhooks: null, apiKeys: null } },
} as const satisfies Record<string, Terms>;

export type Plan = keyof typeof PLANS;

export function isPlan(text: string): text is Plan {
  return Object.hasOwn(PLANS, text);
}

/** The terms of a stored plan. */
export function termsOf(plan: string): Terms {
  if (!isPlan(plan)) throw new Error(`the store has a plan that this version does not know: ${plan}`);
  return PLANS[plan];
}
