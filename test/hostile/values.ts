/** A value that no entry point may answer with a 5xx, and its JSON text. */
export interface HostileValue {
  name: string;
  /** JSON text: some of these cannot be produced by `JSON.stringify`. */
  json: string;
  /** The same in a query, percent-encoded; missing if a query cannot express it. */
  query?: string;
  /**
   * PostgreSQL or JavaScript cannot store it unchanged: every known field rejects it, so that stored values equal
   * sent ones.
   */
  isUnstorable?: boolean;
}

function nested(levels: number, open: string, close: string, core: string): string {
  return open.repeat(levels) + core + close.repeat(levels);
}

const manyFields = Array.from({ length: 10_000 }, (_, at) => `"field_${at}":1`).join(',');

/** The table of hostile values (docs/requirements.md, section 14); every suite in this folder uses all of it. */
export const HOSTILE_VALUES: readonly HostileValue[] = [
  { name: 'NUL', json: String.raw`"a\u0000b"`, query: 'a%00b', isUnstorable: true },
  { name: 'NUL only', json: String.raw`"\u0000"`, query: '%00', isUnstorable: true },
  { name: 'a lone high surrogate', json: String.raw`"a\ud800b"`, query: 'a%ED%A0%80b', isUnstorable: true },
  { name: 'a lone low surrogate', json: String.raw`"\udc00"`, isUnstorable: true },
  { name: '4,500 nested lists', json: nested(4_500, '[', ']', '1'), isUnstorable: true },
  { name: '4,500 nested objects', json: nested(4_500, '{"a":', '}', '1'), isUnstorable: true },
  { name: 'year 0000', json: '"0000-01-01"', query: '0000-01-01' },
  { name: 'a time in year 0000', json: '"0000-01-01T00:00:00.000Z"', query: '0000-01-01T00:00:00Z' },
  { name: 'offset +99:00', json: '"2026-01-01T00:00:00+99:00"', query: '2026-01-01T00:00:00%2B99:00' },
  { name: 'offset +23:59', json: '"2026-01-01T00:00:00+23:59"', query: '2026-01-01T00:00:00%2B23:59' },
  {
    name: 'year 9999 with a western offset',
    json: '"9999-12-31T23:59:59-15:00"',
    query: '9999-12-31T23:59:59-15:00',
  },
  { name: 'February 30', json: '"2026-02-30"', query: '2026-02-30' },
  { name: '1e400', json: '1e400', query: '1e400', isUnstorable: true },
  { name: '-1e400', json: '-1e400', query: '-1e400', isUnstorable: true },
  { name: '2^53+1', json: '9007199254740993', query: '9007199254740993', isUnstorable: true },
  { name: '30 digits', json: '0.123456789012345678901234567890', isUnstorable: true },
  { name: '2^31', json: '2147483648', query: '2147483648' },
  { name: '-1', json: '-1', query: '-1' },
  { name: 'NaN', json: '"NaN"', query: 'NaN' },
  { name: 'a fraction', json: '0.5', query: '0.5' },
  { name: 'a long text', json: `"${'x'.repeat(100_000)}"`, query: 'x'.repeat(3_000) },
  { name: '10,000 fields', json: `{${manyFields}}` },
  { name: '10,000 items', json: `[${Array(10_000).fill('1').join(',')}]` },
  { name: 'an empty text', json: '""', query: '' },
  { name: 'zero-width text', json: '"\u200b\u2060"', query: encodeURIComponent('\u200b\u2060') },
  { name: 'null', json: 'null', query: 'null' },
  { name: 'true', json: 'true', query: 'true' },
  { name: 'an empty list', json: '[]', query: '[]' },
  { name: 'a list of NUL', json: '{}', query: '{}' },
  { name: 'a list of NUL', json: String.raw`["\u0000"]`, isUnstorable: true },
  { name: 'an object with a key of NUL', json: String.raw`{"\u0000":"x"}`, isUnstorable: true },
  { name: 'an object of NUL', json: String.raw`{"a":"\u0000"}`, isUnstorable: true },
  { name: 'a key __proto__', json: '{"__proto__":{"a":1}}' },
  { name: 'SQL', json: `"'; drop table contact; --"`, query: "'%3B drop table contact; --" },
  { name: 'a parent path', json: '"../../etc/passwd"', query: '..%2F..%2Fetc%2Fpasswd' },
];

/** Bodies that are hostile as a whole. */
export const HOSTILE_BODIES: readonly { name: string; raw: string | Uint8Array }[] = [
  ...HOSTILE_VALUES.map(({ name, json }) => ({ name: `the body is ${name}`, raw: json })),
  { name: 'Latin-1 bytes', raw: Buffer.from('{"name":"Jos\xe9"}', 'latin1') },
  {
    name: 'a truncated character',
    raw: Buffer.concat([Buffer.from('{"name":"'), Buffer.from([0xe2, 0x82])]),
  },
  { name: 'truncated JSON', raw: '{"name":' },
  { name: 'not JSON', raw: '\0\0\0' },
  { name: 'a key of NUL', raw: String.raw`{"\u0000":1,"a\u0000b":2}` },
  { name: 'a key of a surrogate', raw: String.raw`{"\ud800":1}` },
];

/** Path segments in place of an id or a name. */
export const HOSTILE_SEGMENTS: readonly string[] = [
  '%00',
  'a%00b',
  '%ED%A0%80',
  '%zz',
  '%ff',
  '%c0%80',
  '..%2F..',
  '0',
  '-1',
  '999999999999999999999999',
  '00000000-0000-0000-0000-000000000000',
  '{}',
  'x'.repeat(300),
  'wh_%00',
  'evt_00000000-0000-0000-0000-00000000000g',
];

/** Header values, sent as Latin-1 bytes; none of them may cause a 5xx. */
export const HOSTILE_HEADERS: readonly (readonly [name: string, value: string])[] = [
  ['idempotency-key', 'k\xe9y'],
  ['idempotency-key', 'k'.repeat(300)],
  ['x-request-id', 'r\xe9q'],
  ['if-match', '"999999999999999999"'],
  ['if-match', '\xe9'],
  ['prefer', 'return=\xe9'],
  ['accept', '*\xe9/*'],
  ['referer', 'https://example.com/\xe9?utm_source=%00'],
  ['user-agent', '\xe9'.repeat(2_000)],
  ['origin', 'null'],
  ['last-event-id', 'evt_\xe9'],
  ['cookie', 'fairlead_session=%00; a=\xe9'],
  ['x-forwarded-for', '\xe9, ::1, 999.1.1.1'],
  ['content-language', '\xff'],
];
