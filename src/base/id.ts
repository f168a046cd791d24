import { randomFillSync } from 'node:crypto';

/** A UUIDv7 in lower-case text form: 48 bits of milliseconds, then a counter, then randomness. */
export type Uuid = string;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export function isUuid(text: string): boolean {
  return UUID.test(text);
}

const ANY_CASE = /^(?:[a-z]+_[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/i;

/** Lower-cases a text that is a UUID; returns any other text unchanged. */
export function canonicalId(text: string): string {
  return !UUID.test(text) && ANY_CASE.test(text) ? text.toLowerCase() : text;
}

/**
 * Makes UUIDv7 ids that always increase within this generator, even when the clock steps back (RFC 9562, method 1:
 * the 12 bits after the version are a counter within the millisecond).
 * @param now wall-clock milliseconds
 */
export function idMaker(now: () => number): () => Uuid {
  // A pool of random bytes: one call per 400 ids.
  const pool = Buffer.allocUnsafe(4000);
  let used = pool.length;
  let lastMs = 0;
  let counter = 0;

  return function newId(): Uuid {
    if (used === pool.length) {
      randomFillSync(pool);
      used = 0;
    }
    const ms = now();
    if (ms > lastMs) {
      lastMs = ms;
      counter = pool.readUInt16BE(used) & 0x7ff;
    } else if (++counter > 0xfff) {
      lastMs += 1;
      counter = 0;
    }
    const random = pool.toString('hex', used + 2, used + 10);
    used += 10;
    const time = lastMs.toString(16).padStart(12, '0');
    const variant = '89ab'[parseInt(random[0]!, 16) & 3]!;
    return (
      `${time.slice(0, 8)}-${time.slice(8)}-7${counter.toString(16).padStart(3, '0')}` +
      `-${variant}${random.slice(1, 4)}-${random.slice(4)}`
    );
  };
}

/** The smallest UUID for the time `ms`: a bound for time ranges. */
export function floorId(ms: number): Uuid {
  const time = Math.max(0, Math.floor(ms)).toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-0000-0000-000000000000`;
}

/** The creation time of an id in wall-clock milliseconds, which are the first bits of a UUIDv7. */
export function timeOf(id: Uuid): number {
  return parseInt(id.replace('-', '').slice(0, 12), 16);
}

/** The public form of a prefixed id: `evt_` and the UUID without dashes. */
export function prefixed(prefix: string, id: Uuid): string {
  return `${prefix}_${id.replaceAll('-', '')}`;
}

/** Parses a prefixed id, in any case, to its UUID; null for any other text. */
export function unprefixed(prefix: string, text: string): Uuid | null {
  const id = text.toLowerCase();
  if (!id.startsWith(`${prefix}_`)) return null;
  const hex = id.slice(prefix.length + 1);
  if (!/^[0-9a-f]{32}$/.test(hex)) return null;
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
