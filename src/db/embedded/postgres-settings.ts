import { totalmem } from 'node:os';

const MB = 1024 * 1024;

/**
 * The server's settings, which the caller may override.
 * @param socketDir where it listens; null: on 127.0.0.1 instead (Windows)
 * @param durable false trades durability on power loss for speed, in tests
 */
export function serverSettings(
  socketDir: string | null,
  port: number,
  durable: boolean,
): Record<string, string> {
  return {
    ...(socketDir === null
      ? { listen_addresses: '127.0.0.1', unix_socket_directories: '' }
      : {
          listen_addresses: '',
          unix_socket_directories: quoted(socketDir),
          unix_socket_permissions: '0700',
        }),
    port: String(port),
    ...PRIVACY,
    ...PACE,
    shared_buffers: `${sharedBuffersMb(durable)}MB`,
    ...(durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  };
}

/**
 * No data of a row may be logged. `terse` omits DETAIL and the statement, but the main line of an error can quote
 * invalid input (`invalid input syntax for type integer: "…"`): so errors of statements are not logged at all,
 * only reported to the client. `log` is above `error` in this list, and below `fatal` and `panic`.
 */
const PRIVACY = {
  log_min_messages: 'log',
  log_error_verbosity: 'terse',
  log_min_error_statement: 'panic',
  log_statement: 'none',
  log_duration: 'off',
  log_min_duration_statement: '-1',
  log_min_duration_sample: '-1',
  log_transaction_sample_rate: '0',
  log_parameter_max_length: '0',
  log_parameter_max_length_on_error: '0',
  log_checkpoints: 'off',
  logging_collector: 'off',
  log_destination: 'stderr',
  log_line_prefix: '%m [%p] ',
  log_timezone: 'UTC',
};

const PACE = {
  timezone: 'UTC',
  max_connections: '100',
  synchronous_commit: 'on',
  wal_compression: 'on',
  max_wal_size: '2GB',
  random_page_cost: '1.1',
  jit: 'off',
};

/** An eighth of the memory of this machine or container, between 128 MB and 1 GB. */
function sharedBuffersMb(durable: boolean): number {
  if (!durable) return 128;
  const limit = process.constrainedMemory() ?? 0;
  const memory = limit > 0 ? Math.min(limit, totalmem()) : totalmem();
  return Math.round(Math.min(1024, Math.max(128, memory / MB / 8)));
}

/** The setting is a list: inside quotes, a comma in the path is literal. */
function quoted(dir: string): string {
  return `"${dir.replaceAll('"', '""')}"`;
}
