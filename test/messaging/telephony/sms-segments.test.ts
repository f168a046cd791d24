import { expect, test } from 'vitest';
import { countSegments } from '../../../src/messaging/telephony/sms-segments.ts';
import { countSegments as countWhileTyping } from '../../../web/messaging/sms-segments.ts';

test.each<[string, string, 'gsm7' | 'ucs2', number, number]>([
  ['an empty text', '', 'gsm7', 1, 0],
  ['160 septets', 'a'.repeat(160), 'gsm7', 1, 160],
  ['161 septets', 'a'.repeat(161), 'gsm7', 2, 161],
  ['306 septets', 'a'.repeat(306), 'gsm7', 2, 306],
  ['307 septets', 'a'.repeat(307), 'gsm7', 3, 307],
  ['the extension counts twice', '€'.repeat(80), 'gsm7', 1, 160],
  ['81 of the extension', '€'.repeat(81), 'gsm7', 2, 162],
  ['an escape does not span two segments', `${'a'.repeat(152)}€${'a'.repeat(152)}`, 'gsm7', 3, 306],
  ['umlauts are GSM-7', 'Grüße aus Köln, à bientôt'.replace('ô', 'o'), 'gsm7', 1, 25],
  ['70 UTF-16 units', 'ж'.repeat(70), 'ucs2', 1, 70],
  ['71 UTF-16 units', 'ж'.repeat(71), 'ucs2', 2, 71],
  ['a curly quote makes it UCS-2', `It’s ${'a'.repeat(66)}`, 'ucs2', 2, 71],
  ['emoji turn one segment into three', `${'a'.repeat(140)}🙂`, 'ucs2', 3, 142],
  ['a pair does not span two segments', `${'a'.repeat(66)}🙂${'a'.repeat(66)}`, 'ucs2', 3, 134],
  ['tab is not GSM-7', '\t', 'ucs2', 1, 1],
])('%s', (_name, text, encoding, segments, length) => {
  expect(countSegments(text)).toEqual({ encoding, segments, length });
  expect(countWhileTyping(text)).toEqual({ encoding, segments, length });
});
