const PERIODS = ['7', '30', '90', '365'] as const;

/** In days, up to today. */
export type Period = (typeof PERIODS)[number];

export interface AnalyticsSearch {
  days?: Period | undefined;
  source?: string | undefined;
  owner_id?: string | undefined;
}

/** Parses the search parameters of the analytics page; drops unknown ones. */
export function analyticsSearch(input: Record<string, unknown>): AnalyticsSearch {
  const text = (name: string) => (typeof input[name] === 'string' ? input[name] : undefined);
  return {
    days: PERIODS.find((days) => days === String(input['days'])),
    source: text('source'),
    owner_id: text('owner_id'),
  };
}

/** The query of a period. The interval keeps the chart at 53 bars at most. */
export function rangeOf(days: Period, now: number): { 'created_at[gte]': string; interval: string } {
  const from = new Date(now - (Number(days) - 1) * 86_400_000).toISOString().slice(0, 10);
  return { 'created_at[gte]': from, interval: { 7: 'day', 30: 'day', 90: 'week', 365: 'month' }[days] };
}
