/** The properties of every log line; all others are its details. */
interface Entry {
  level: string;
  time: string;
  msg?: string;
  [field: string]: unknown;
}

/** Messages that the program also prints on standard output. */
const PRINTED_MESSAGES = new Set(['ready']);

/**
 * Formats log lines as text for a terminal. The migrations of a start, one line each in the log, become a single
 * line.
 * @returns zero, one or two lines for a line of JSON
 */
export function makeTerminalLines(): (json: string) => string[] {
  let migrating = false;
  return (json) => {
    const entry = JSON.parse(json) as Entry;
    if (entry.level === 'info' && typeof entry['migration'] === 'string') {
      const first = !migrating;
      migrating = true;
      return first ? ['Bringing the database up to date.'] : [];
    }
    migrating = false;
    return entry.level === 'info' && PRINTED_MESSAGES.has(entry.msg ?? '') ? [] : [formatEntry(entry)];
  };
}

/** Example: `12:05:01 error: no connection (reason: connect ECONNREFUSED)`. */
function formatEntry({ level, time, msg = '', ...rest }: Entry): string {
  const about = Object.entries(rest).map(([name, value]) => `${name}: ${valueText(value)}`);
  const details = about.length > 0 ? ` (${about.join(', ')})` : '';
  const clock = new Date(time).toLocaleTimeString('en-GB');
  return printable(`${clock} ${level === 'info' ? '' : `${level}: `}${msg}${details}`);
}

function valueText(value: unknown): string {
  if (typeof value === 'string') return value;
  const message = (value as { message?: unknown } | null)?.message;
  return typeof message === 'string' ? message : JSON.stringify(value);
}

/** Puts the text on one line and removes terminal control characters. */
function printable(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ').replaceAll(/\p{Cc}/gu, '\ufffd');
}
