import { afterAll, describe, expect, test } from 'vitest';
import { parseDeliveryReport } from '../../src/messaging/inbound/delivery-report.ts';
import { normalizedMail } from '../../src/messaging/inbound/mail-normalization.ts';
import { makeMailParser } from '../../src/messaging/inbound/mail-parser.ts';
import { REPORT_CASES } from './delivery-report-cases.ts';

const parser = makeMailParser();
afterAll(() => parser.close());

describe('EM3: what a mail server reports about a mail', () => {
  test.each(REPORT_CASES)('$name', async ({ raw, expected }) => {
    expect(parseDeliveryReport(await parser.parse(Buffer.from(raw)))).toEqual(expected);
  });
});

/** Expressions that search such texts with the square of their length take minutes, in which the server does nothing else. */
describe('a report that is made to use up time is read like any other', () => {
  const reportOf = (text: string) =>
    parseDeliveryReport(
      normalizedMail({
        headers: [],
        from: { name: '', address: 'mailer-daemon@far.example' },
        to: [],
        subject: 'failure notice',
        date: null,
        text: `Hi. This is the qmail-send program.\n${text}\n<jane@far.example>:\n550 5.1.1 no such user\n`,
        html: null,
        attachments: [],
        fallbackId: 'x@y',
      }),
    );
  const jane = {
    address: 'jane@far.example',
    action: 'failed',
    status: '5.1.1',
    text: '550 5.1.1 no such user',
  };

  test.each([
    ['a line of @', `<${'@'.repeat(15_000)}`],
    ['an address of many parts', `<${'a@'.repeat(7_000)}`],
    ['an indented line of @', ` ${'a@'.repeat(7_000)}`],
  ])('%s', (_name, text) => {
    expect(reportOf(text)).toMatchObject({ kind: 'delivery', recipients: [jane] });
  });

  test.each([
    ['a line of @ without an end', `<${'@'.repeat(240_000)}`],
    ['the same words again and again', 'not been able to deliver '.repeat(9_000)],
    ['dashes', '-'.repeat(240_000)],
  ])('%s: only what a mail server says is read', (_name, text) => {
    expect(reportOf(text)).toBeNull();
  });
});
