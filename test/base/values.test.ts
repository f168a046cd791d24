import { describe, expect, test } from 'vitest';
import { itemsOf, jsonOf, JsonText, membersOf } from '../../src/base/json-text.ts';
import { isEmailAddress } from '../../src/base/values/email-address.ts';
import { changesAsNumber } from '../../src/base/values/number.ts';
import { isBlank, requiredText, text } from '../../src/base/values/text.ts';
import { date, instant, instantOrDate } from '../../src/base/values/time.ts';
import { findUnstorable } from '../../src/base/values/unstorable.ts';

const LOCAL_64 = 'x'.repeat(64);

describe('an email address', () => {
  test.each([
    'jane@example.com',
    'a..b@docomo.ne.jp',
    '.jane@example.com',
    'jane+tag@sub.example.co.uk',
    'jörg@münchen.de',
    '用户@例子.公司',
    "o'neill@example.com",
    `${LOCAL_64}@example.com`,
  ])('%s is valid', (address) => expect(isEmailAddress(address)).toBe(true));

  test.each([
    'mailto:jane@example.com',
    'jane\u200b@example.com',
    '\u200bjane@example.com',
    'jane@exam\u00adple.com',
    'jane@example.com\u2060',
    `${LOCAL_64}x@example.com`,
    `${'ü'.repeat(33)}@example.com`,
    'Jane <jane@example.com>',
    'jane@example',
    'jane@example..com',
    'jane@.example.com',
    'jane@example.com.',
    'jane@-example.com',
    'jane@example-.com',
    `jane@${'x'.repeat(64)}.com`,
    '@example.com',
    'jane@',
    'jane doe@example.com',
    'jane@ex ample.com',
    'jane@john@example.com',
    'jane@example.com,john@example.com',
    '"jane"@example.com',
  ])('%j is invalid', (address) => expect(isEmailAddress(address)).toBe(false));
});

describe('text that shows nothing', () => {
  test.each(['', '  ', '\u200b', '\u200b\u2060\ufeff', '\u00ad', '\u3164', '\u2800', '\u180e \u200d'])(
    '%j is blank: rejected, except for white space in an optional field, which becomes null',
    (value) => {
      expect(isBlank(value)).toBe(true);
      const optional = text(200).safeParse(value);
      expect(value.trim() === '' ? optional.data : optional.success).toBe(value.trim() === '' ? null : false);
      expect(requiredText(200).safeParse(value).success).toBe(false);
    },
  );
  test.each(['a', ' é', '\u200bx', '👩‍👧', '-', '名'])('%j is not', (value) => {
    expect(isBlank(value)).toBe(false);
    expect(requiredText(200).parse(value)).toBe(value.trim());
  });
});

describe('a time', () => {
  test.each([
    '0000-01-01T00:00:00Z',
    '2026-01-01T00:00:00+16:00',
    '2026-01-01T00:00:00-99:00',
    '0001-01-01T00:00:00+01:00',
    '9999-12-31T23:59:59-01:00',
    '2026-02-30T00:00:00Z',
    '2026-01-01T24:00:00Z',
  ])('%s is rejected', (value) => expect(instant.safeParse(value).success).toBe(false));
  test.each(['2026-01-01T00:00:00+15:59', '0001-01-01T00:00:00Z', '9999-12-31T23:59:59.999Z'])(
    '%s is accepted',
    (value) => expect(instant.parse(value)).toBe(value),
  );
  test('a date has a year from 1 on', () => {
    expect(date.safeParse('0000-12-31').success).toBe(false);
    expect(date.parse('0001-01-01')).toBe('0001-01-01');
  });
  test('a space before an offset is a + that a query lost', () => {
    expect(instantOrDate.parse('2026-01-01T00:00:00 02:00')).toBe('2026-01-01T00:00:00+02:00');
  });
});

describe('a JSON number', () => {
  test.each([
    '9007199254740993',
    '-9007199254740993',
    '10158231234567893',
    '10158231234567893.0',
    '10158231234567893e0',
    '1e400',
    '-1e400',
    '1e-400',
    '0.123456789012345678',
    '123456789012345678.5',
    '99999999999999999999',
  ])('%s would change', (token) => expect(changesAsNumber(token)).toBe(true));
  test.each([
    '0',
    '-0',
    '5000.00',
    '1e3',
    '1E+21',
    '9007199254740992',
    '0.1',
    '0.30000000000000004',
    '0.10000000000000001',
    '1.7976931348623157e308',
    '100000000000000.000000000000000000000',
    '0.00000000000000000000000001',
  ])('%s would not change', (token) => expect(changesAsNumber(token)).toBe(false));
});

describe('what cannot be stored', () => {
  test('is found at any depth', () => {
    expect(findUnstorable({ a: [{ b: 'x\0' }] })).toMatchObject({ path: ['a', 0, 'b'] });
    expect(findUnstorable({ a: { 'x\ud800': 1 } })).toMatchObject({ path: ['a'] });
    expect(findUnstorable({ a: ['x', 1, null, true, { b: '👩' }] })).toBeNull();
  });
});

describe('JSON that is kept as text', () => {
  test('is inserted into a response unchanged', () => {
    const value = { data: [{ payload: new JsonText('{"n": 1.00, "n":2}') }], text: '$& "0"' };
    expect(jsonOf(value)).toBe('{"data":[{"payload":{"n": 1.00, "n":2}}],"text":"$& \\"0\\""}');
    expect(jsonOf({ a: 1 })).toBe('{"a":1}');
  });
  test('is split without being parsed', () => {
    const body = ' { "a" : [1, {"x":"]\\"}"} ] ,"b":1e400 , "c":{} , "d" : "," } ';
    expect(membersOf(body)).toEqual([
      { name: 'a', value: '[1, {"x":"]\\"}"} ]' },
      { name: 'b', value: '1e400' },
      { name: 'c', value: '{}' },
      { name: 'd', value: '","' },
    ]);
    expect(itemsOf('[ 1 ,{"a":[2,3]}, "x,]" ,null]')).toEqual(['1', '{"a":[2,3]}', '"x,]"', 'null']);
    expect(itemsOf('[]')).toEqual([]);
    expect(membersOf('{}')).toEqual([]);
  });
});
