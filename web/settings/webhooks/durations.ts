/** Units as people write them, longest first, in seconds. */
const UNITS = [
  { name: 'd', seconds: 86_400, words: /^d(ays?)?$/ },
  { name: 'h', seconds: 3600, words: /^h(ours?|rs?)?$/ },
  { name: 'min', seconds: 60, words: /^m(in(s|utes?)?)?$/ },
  { name: 's', seconds: 1, words: /^(s(ec(s|onds?)?)?)?$/ },
] as const;

/** Seconds, exactly: `5400` to `90 min`. */
function exact(seconds: number): string {
  const unit = UNITS.find((item) => seconds % item.seconds === 0)!;
  return `${seconds / unit.seconds} ${unit.name}`;
}

/** Seconds as one says them: `524288` to `6 d`. */
function rounded(seconds: number): string {
  const unit = UNITS.find((item) => seconds >= item.seconds) ?? UNITS[3];
  return seconds % unit.seconds === 0 || seconds / unit.seconds >= 3
    ? `${Math.round(seconds / unit.seconds)} ${unit.name}`
    : exact(seconds);
}

/** A list of seconds, to be read and written again: `60, 300` to `1 min, 5 min`. */
export function durationsText(seconds: readonly number[]): string {
  return seconds.map(exact).join(', ');
}

/** The same in one short line: what is in the middle of a long list is left out. */
export function durationsSummary(seconds: readonly number[]): string {
  const said = seconds.map(rounded);
  return said.length <= 6 ? said.join(', ') : `${said.slice(0, 4).join(', ')} … ${said.at(-1)}`;
}

/**
 * Reads `1 min, 5 min, 2 h` or plain seconds.
 * @returns seconds, or what is wrong with the text
 */
export function readDurations(text: string): number[] | string {
  const parts = text.split(/[,;]/).map((part) => part.trim().toLowerCase());
  const read = parts.map((part) => {
    const [, count, word] = /^(\d+(?:\.\d+)?)\s*([a-z]*)\.?$/.exec(part) ?? [];
    const unit = UNITS.find(({ words }) => words.test(word ?? ''));
    return count === undefined || !unit ? null : Math.round(Number(count) * unit.seconds);
  });
  const at = read.indexOf(null);
  if (at >= 0) return `"${parts[at]}" is no time; write 30 s, 5 min, 2 h or 1 d, with commas between`;
  return read as number[];
}
