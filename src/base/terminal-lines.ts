/** What every line of the log has, and what it is about. */
interface Entry {
  level: string;
  time: string;
  msg?: string;
  [field: string]: unknown;
}

/** What the program says on standard output, in words. */
const SAID_ELSEWHERE = new Set(['ready']);

/**
 * Puts lines of the log in words, for whoever watches a terminal. The migrations of a start, one line each in the
 * log, become a single one.
 * @returns what a line of JSON becomes: no line, one, or two
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
    return entry.level === 'info' && SAID_ELSEWHERE.has(entry.msg ?? '') ? [] : [inWords(entry)];
  };
}

/** `12:05:01 error: no connection (reason: connect ECONNREFUSED)`. */
function inWords({ level, time, msg = '', ...rest }: Entry): string {
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

/** On one line, and with nothing in it that would steer the terminal. */
function printable(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ').replaceAll(/\p{Cc}/gu, '\ufffd');
}
