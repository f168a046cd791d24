import { pino, type DestinationStream, type Logger } from 'pino';
import { makeTerminalLines } from './terminal-lines.ts';

export type { Logger } from 'pino';

/**
 * The structured log: one JSON object a line on standard error, so that standard output stays free for
 * answers of the command line. Secrets never reach it: callers log ids, and these paths are struck out
 * as a second line of defence.
 * @param level trace, debug, info, warn, error or silent
 * @param options.terminal whether people watch it as it is written: then its lines are for them, not JSON
 */
export function makeLog(level: string, options: { terminal?: boolean } = {}): Logger {
  const destination = standardError();
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
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

function forPeople(destination: { write(text: string): unknown }): DestinationStream {
  const lines = makeTerminalLines();
  return {
    write(line) {
      for (const text of lines(line)) destination.write(`${text}\n`);
    },
  };
}

/** As much is kept of what can't be written for now, as where the disk is full; what comes after it is dropped. */
const MAX_UNWRITTEN = 16 * 1024 * 1024;

/**
 * Unheard, a line that can't be written would end the process; and as it ends, what is left would be tried again for
 * ever, so that is left out where the last try failed.
 */
function standardError() {
  const destination = pino.destination({ fd: 2, sync: false, maxLength: MAX_UNWRITTEN });
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
