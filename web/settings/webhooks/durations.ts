/** Units in seconds, longest first. */
const UNITS = [
  { name: 'd', seconds: 86_400, words: /^d(ays?)?$/ },
  { name: 'h', seconds: 3600, words: /^h(ours?|rs?)?$/ },
  { name: 'min', seconds: 60, words: /^m(in(s|utes?)?)?$/ },
  { name: 's', seconds: 1, words: /^(s(ec(s|onds?)?)?)?$/ },
] as const;

/** Seconds, exactly: `5400` to `90 min`. */
function formatExact(seconds: number): string {
  const unit = UNITS.find((item) => seconds % item.seconds === 0)!;
  return `${seconds / unit.seconds} ${unit.name}`;
}

/** Seconds, rounded: `524288` to `6 d`. */
function formatRounded(seconds: number): string {
  const unit = UNITS.find((item) => seconds >= item.seconds) ?? UNITS[3];
  return seconds % unit.seconds === 0 || seconds / unit.seconds >= 3
    ? `${Math.round(seconds / unit.seconds)} ${unit.name}`
    : formatExact(seconds);
}

/** Formats a list of seconds for editing: `60, 300` to `1 min, 5 min`. */
export function durationsText(seconds: readonly number[]): string {
  return seconds.map(formatExact).join(', ');
}

/** The same, shortened: omits the middle of a long list. */
export function durationsSummary(seconds: readonly number[]): string {
  const parts = seconds.map(formatRounded);
  return parts.length <= 6 ? parts.join(', ') : `${parts.slice(0, 4).join(', ')} … ${parts.at(-1)}`;
}

/**
 * Reads `1 min, 5 min, 2 h` or plain seconds.
 * @returns seconds, or an error message
 */
export function readDurations(text: string): number[] | string {
  const parts = text.split(/[,;]/).map((part) => part.trim().toLowerCase());
  const read = parts.map((part) => {
    const [, count, word] = /^(\d+(?:\.\d+)?)\s*([a-z]*)\.?$/.exec(part) ?? [];
    const unit = UNITS.find(({ words }) => words.test(word ?? ''));
    return count === undefined || !unit ? null : Math.round(Number(count) * unit.seconds);
  });
  const at = read.indexOf(null);
  if (at >= 0)
    return `"${parts[at]}" is not a duration. Use values such as 30 s, 5 min, 2 h or 1 d, separated by commas`;
  return read as number[];
}
