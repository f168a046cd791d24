import { pino, type Logger } from 'pino';

export type { Logger } from 'pino';

/**
 * The structured log: one JSON object a line on standard error, so that standard output stays free for
 * answers of the command line. Secrets never reach it: callers log ids, and these paths are struck out
 * as a second line of defence.
 * @param level trace, debug, info, warn, error or silent
 */
export function makeLog(level: string): Logger {
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
    pino.destination({ fd: 2, sync: false }),
  );
}
