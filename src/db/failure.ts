/**
 * The kind of a database error.
 * - `lost`: the connection or the server is gone, or out of resources; a running statement may have been committed
 * or not.
 * - `conflict`: a deadlock or serialization failure; nothing was written, a retry may succeed.
 * - `locked`: a lock was held for longer than lock_timeout; nothing was written.
 * - `data`: the values are invalid (classes 22, 23 and 54: too large for an index); a retry would fail again.
 * - `other`: a fault of the program.
 */
export type FailureKind = 'lost' | 'conflict' | 'locked' | 'data' | 'other';

const LOST_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'ENOTFOUND',
]);

// pg throws these without a code.
const LOST_MESSAGES =
  /terminated|Connection ended|timeout exceeded when trying to connect|Query read timeout|not queryable/i;

export function failureKind(error: unknown): FailureKind {
  const { code, message, constraint } = error as { code?: string; message?: string; constraint?: string };
  if (code === undefined) return LOST_MESSAGES.test(message ?? '') ? 'lost' : 'other';
  if (LOST_CODES.has(code) || /^08|^57P0/.test(code)) return 'lost';
  // Too few connections (53300), disk full (53100), out of memory: these may be temporary.
  if (code.startsWith('53')) return 'lost';
  // A check without a name: the id's week has no partition. The clock has jumped, and one is being created
  // (delivery/engine-timers.ts).
  if (code === '23514' && constraint === undefined) return 'lost';
  if (code === '40P01' || code === '40001') return 'conflict';
  if (code === '55P03') return 'locked';
  if (code === '57014') return 'locked';
  if (/^2[23]|^54/.test(code)) return 'data';
  return 'other';
}

export function isUniqueViolation(error: unknown): boolean {
  return (error as { code?: string }).code === '23505';
}

/** Two rows that must not overlap, such as two appointments of one host. */
export function isExclusionViolation(error: unknown): boolean {
  return (error as { code?: string }).code === '23P01';
}
