import { afterAll, describe, expect, test } from 'vitest';
import { parseDeliveryReport } from '../../src/messaging/inbound/delivery-report.ts';
import { makeMailParser } from '../../src/messaging/inbound/mail-parser.ts';
import { REPORT_CASES } from './delivery-report-cases.ts';

const parser = makeMailParser();
afterAll(() => parser.close());

describe('EM3: what a mail server reports about a mail', () => {
  test.each(REPORT_CASES)('$name', async ({ raw, expected }) => {
    expect(parseDeliveryReport(await parser.parse(Buffer.from(raw)))).toEqual(expected);
  });
});
