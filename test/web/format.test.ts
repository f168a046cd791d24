import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import {
  amountText,
  dayPattern,
  decimalsOf,
  decimalText,
  fullText,
  localOf,
  parseDay,
  parseDecimal,
  setRegion,
  utcOf,
} from '../../web/ui/format.ts';
import { PROJECT } from '../kit/process.ts';

const GERMANY = { locale: 'de-DE', time_zone: 'Europe/Berlin', currency: 'EUR' };
const USA = { locale: 'en-US', time_zone: 'America/New_York', currency: 'USD' };

beforeEach(() => setRegion(GERMANY));

test.each([
  ['de-DE', '1.234,50', 1234.5],
  ['de-DE', '1.234', 1234],
  ['de-DE', '1.234.567,8', 1_234_567.8],
  ['de-DE', '12.50', 12.5],
  ['de-DE', '1234,5 €', 1234.5],
  ['de-DE', '-3,5', -3.5],
  ['de-DE', ',5', 0.5],
  ['de-DE', '7,', 7],
  ['de-DE', '1,234.50', undefined],
  ['de-DE', '12.34.567', undefined],
  ['de-DE', 'zwölf', undefined],
  ['de-DE', '1e3', undefined],
  ['en-US', '1,234.50', 1234.5],
  ['en-US', '1.234,50', undefined],
  ['en-US', '12,50', 12.5],
  ['en-IN', '12,34,567.5', 1_234_567.5],
  ['fr-FR', '1 234,50', 1234.5],
  ['fr-FR', '1\u202f234,50', 1234.5],
  ['de-CH', '1’234.50', 1234.5],
  ['ar-EG', '١٬٢٣٤٫٥', 1234.5],
])('in %s, %s is %s', (locale, typed, value) => {
  setRegion({ ...GERMANY, locale });
  expect(parseDecimal(typed)).toBe(value);
});

test('what an input shows is what it reads, in every format that the settings offer', () => {
  for (const locale of [
    'de-DE',
    'en-US',
    'en-IN',
    'es-ES',
    'fr-FR',
    'de-CH',
    'pl-PL',
    'ar-EG',
    'pt-BR',
    'ja-JP',
    'fa-IR',
  ])
    for (const value of [0, 0.1, 7, 999.99, 1234.5, 1_234_567.891, 999_999_999_999]) {
      setRegion({ ...GERMANY, locale });
      expect(parseDecimal(decimalText(value)), `${locale} ${decimalText(value)}`).toBe(value);
    }
});

test('amounts are written in their currency', () => {
  expect(amountText(1234.5, 'EUR')).toBe('1.234,50\u00a0€');
  expect(amountText(5000, 'JPY')).toBe('5.000\u00a0¥');
  expect([decimalsOf('JPY'), decimalsOf('USD'), decimalsOf('KWD'), decimalsOf(null)]).toEqual([0, 2, 3, 2]);
});

test('days are typed in the order of the locale, or as in ISO 8601', () => {
  expect(dayPattern()).toBe('DD.MM.YYYY');
  expect([parseDay('31.12.2026'), parseDay('1.2.26'), parseDay('2026-12-31')]).toEqual([
    '2026-12-31',
    '2026-02-01',
    '2026-12-31',
  ]);
  // A date before the year 100 stays what it is; a year of two digits is one of this century.
  expect([parseDay('01.02.0050'), parseDay('0050-02-01'), parseDay('1.2.50')]).toEqual([
    '0050-02-01',
    '0050-02-01',
    '2050-02-01',
  ]);
  expect([parseDay('31.02.2026'), parseDay('12.31.2026'), parseDay('soon')]).toEqual([null, null, null]);
  setRegion(USA);
  expect([dayPattern(), parseDay('12/31/2026')]).toEqual(['MM/DD/YYYY', '2026-12-31']);
});

test('times are those of the workspace’s time zone, across changes of the clocks', () => {
  expect(localOf('2026-07-01T12:00:00.000Z')).toBe('2026-07-01 14:00:00');
  for (const utc of [
    '2026-01-15T23:30:00.000Z',
    '2026-03-29T00:59:00.000Z',
    '2026-03-29T01:00:00.000Z',
    '2026-10-25T03:00:00.000Z',
  ])
    expect(utcOf(localOf(utc))).toBe(utc);
  // 2:30 does not exist on that day.
  expect(utcOf('2026-03-29 02:30:00')).toBe('2026-03-29T01:30:00.000Z');
  expect(fullText(Date.parse('2026-07-01T12:00:00.000Z'))).toContain('14:00:00');
});

test('the dashboard formats numbers and times in one module', () => {
  const folder = path.join(PROJECT, 'web');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (file) => /\.tsx?$/.test(file) && !file.startsWith('public'),
  );
  const others = files
    // The options of the settings are shown in each format.
    .filter((file) => file !== 'ui/format.ts' && file !== 'settings/workspace-options.ts')
    .filter((file) =>
      /\bIntl\.|\.toLocale(?:Date|Time)?String\(/.test(readFileSync(path.join(folder, file), 'utf8')),
    );
  expect(others).toEqual([]);
});
