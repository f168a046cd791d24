/** A sliding window: at most `max` requests in any `spanS` seconds, over the workspace or for each key. */
export interface Window {
  scope: 'workspace' | 'key';
  /** Seconds. */
  spanS: number;
  /** Requests are counted by slices of so many seconds; a slice counts until all of it has left the window. */
  bucketS: number;
  max: number;
}

/** What a plan allows. */
export interface Terms {
  /** Whether API keys may be used at all. */
  api: boolean;
  /** Whether webhooks are sent; else they are paused. */
  webhooks: boolean;
  windows: readonly Window[];
  /** How many there may be at once; null where there may be any number. */
  maxima: { webhooks: number | null; apiKeys: number | null };
}

const DAY: Omit<Window, 'max'> = { scope: 'workspace', spanS: 86_400, bucketS: 60 };
const MINUTE: Omit<Window, 'max'> = { scope: 'key', spanS: 60, bucketS: 1 };

/**
 * The plans a workspace can be on (contracts AX14, AX17, AN11). The seeds name the windows; the maxima are
 * ours. `unlimited` is the self-hosted default.
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

/** What the plan of a stored workspace allows. */
export function termsOf(plan: string): Terms {
  if (!isPlan(plan)) throw new Error(`the store holds a plan that this version does not know: ${plan}`);
  return PLANS[plan];
}
