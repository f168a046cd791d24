/** A half-open range of time, `[start, end)`, in milliseconds since 1970. */
export interface Interval {
  start: number;
  end: number;
}

/** Sorted, with overlapping and touching ranges as one. */
export function mergeIntervals(intervals: readonly Interval[]): Interval[] {
  const merged: Interval[] = [];
  for (const { start, end } of intervals.toSorted((a, b) => a.start - b.start)) {
    const last = merged.at(-1);
    if (last && start <= last.end) last.end = Math.max(last.end, end);
    else merged.push({ start, end });
  }
  return merged;
}

/** What is left of `from` without `removed`; both are merged. */
export function subtractIntervals(from: readonly Interval[], removed: readonly Interval[]): Interval[] {
  const left: Interval[] = [];
  let at = 0;
  for (const { start, end } of from) {
    let rest = start;
    while (at < removed.length && removed[at]!.end <= start) at += 1;
    for (let next = at; next < removed.length && removed[next]!.start < end; next += 1) {
      if (removed[next]!.start > rest) left.push({ start: rest, end: removed[next]!.start });
      rest = Math.max(rest, removed[next]!.end);
    }
    if (rest < end) left.push({ start: rest, end });
  }
  return left;
}

/** What is inside `bounds`. */
export function clipIntervals(intervals: readonly Interval[], bounds: Interval): Interval[] {
  return intervals
    .map(({ start, end }) => ({ start: Math.max(start, bounds.start), end: Math.min(end, bounds.end) }))
    .filter(({ start, end }) => start < end);
}
