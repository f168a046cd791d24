/**
 * Formats a table for a terminal.
 * @param {string[]} columns
 * @param {(string | number)[][]} rows
 */
export function table(columns, rows) {
  const lines = [columns, ...rows].map((row) => row.map(String));
  const widths = columns.map((_, at) => Math.max(...lines.map((line) => line[at].length)));
  const isNumber = columns.map((_, at) => rows.every((row) => /^[\d,.–-]*$/.test(String(row[at]))));
  const [head, ...body] = lines.map((line) =>
    line
      .map((cell, at) => (isNumber[at] ? cell.padStart(widths[at]) : cell.padEnd(widths[at])))
      .join('  ')
      .trimEnd(),
  );
  const rule = '─'.repeat(widths.reduce((sum, width) => sum + width + 2, -2));
  return [head, rule, ...body].join('\n');
}

/** Formats a number for people: 12,345, or 1.23 if it is small. */
export function shown(/** @type {number | null} */ value) {
  if (value === null) return '–';
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** Formats the figures of a bench as a table. */
export function figureTable(/** @type {import('./figure.mjs').Figure[]} */ figures) {
  return table(
    ['figure', 'baseline', 'value', 'ratio', 'aim', 'met?'],
    figures.map((item) => [
      item.name,
      shown(item.baseline),
      shown(item.value),
      item.ratio === null ? '–' : item.ratio.toFixed(2),
      item.aim,
      item.met === null ? '' : item.met ? 'met' : 'missed',
    ]),
  );
}

/**
 * Formats the CPU of requests as a table, in microseconds a request.
 * @param {[name: string, cpu: import('./cpu.mjs').Cpu][]} rows
 */
export function cpuTable(rows) {
  return table(
    ['CPU a request, µs', 'Node', 'PostgreSQL', 'load', 'idle cores, %'],
    rows.map(([name, { node, postgres, load, idle }]) => [
      name,
      ...[node, postgres, load].map(shown),
      String(Math.round(idle * 100)),
    ]),
  );
}

/** The rows of `cpuTable` for figures: of each value, and of its baseline. */
export function cpuRows(/** @type {import('./figure.mjs').Figure[]} */ figures) {
  /** @type {[name: string, cpu: import('./cpu.mjs').Cpu][]} */
  const rows = [];
  for (const { name, cpu } of figures) {
    if (!cpu) continue;
    rows.push([name.replace(/, vs .*/, ''), cpu.value]);
    if (cpu.baseline) rows.push(['  its baseline', cpu.baseline]);
  }
  return rows;
}
