import { pino, type DestinationStream, type Logger } from 'pino';
import { makeTerminalLines } from './terminal-lines.ts';

export type { Logger } from 'pino';

/**
 * The structured log: one JSON object a line on standard error; standard output is for the command line's results.
 * Callers log ids and never secrets; as a second protection these paths are redacted.
 * @param level trace, debug, info, warn, error or silent
 * @param options.terminal write lines for people instead of JSON
 */
export function makeLog(level: string, options: { terminal?: boolean } = {}): Logger {
  const destination = standardError();
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: shownError },
      redact: [
        'authorization',
        '*.authorization',
        '*["x-api-key"]',
        'secret',
        '*.secret',
        'headers',
        '*.headers',
      ],
    },
    options.terminal ? forPeople(destination) : destination,
  );
}

/**
 * An error as the log has it. What else it has is left out: those of PostgreSQL have the row that was refused (`detail`,
 * `where`), such as the text of a mail.
 */
export function shownError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { name, message, stack, code } = error as Error & { code?: unknown };
  return { type: name, message, stack, ...(code !== undefined && { code }) };
}

function forPeople(destination: { write(text: string): unknown }): DestinationStream {
  const lines = makeTerminalLines();
  return {
    write(line) {
      for (const text of lines(line)) destination.write(`${text}\n`);
    },
  };
}

/** Bytes that are buffered while the log cannot be written, for example on a full disk; later lines are dropped. */
const MAX_UNWRITTEN_BYTES = 16 * 1024 * 1024;

/**
 * Without an error listener, a failed write would end the process. At exit, buffered lines would be retried
 * forever; they are skipped if the last write failed.
 */
function standardError() {
  const destination = pino.destination({ fd: 2, sync: false, maxLength: MAX_UNWRITTEN_BYTES });
  const flush = destination.flushSync.bind(destination);
  let failing = false;
  destination.on('error', () => {
    failing = true;
  });
  destination.on('write', () => {
    failing = false;
  });
  destination.flushSync = () => {
    if (!failing) flush();
  };
  return destination;
}
