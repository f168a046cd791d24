const PERIODS = ['7', '30', '90', '365'] as const;

/** How many days back. */
export type Period = (typeof PERIODS)[number];

export interface AnalyticsSearch {
  days?: Period | undefined;
  source?: string | undefined;
  owner_id?: string | undefined;
}

/** Reads the address of the analytics; what it does not know is left out. */
export function analyticsSearch(input: Record<string, unknown>): AnalyticsSearch {
  const text = (name: string) => (typeof input[name] === 'string' ? input[name] : undefined);
  return {
    days: PERIODS.find((days) => days === String(input['days'])),
    source: text('source'),
    owner_id: text('owner_id'),
  };
}

/** A period as the API takes it, in as many intervals as a chart shows well. */
export function rangeOf(days: Period, now: number): { 'created_at[gte]': string; interval: string } {
  const from = new Date(now - (Number(days) - 1) * 86_400_000).toISOString().slice(0, 10);
  return { 'created_at[gte]': from, interval: { 7: 'day', 30: 'day', 90: 'week', 365: 'month' }[days] };
}
