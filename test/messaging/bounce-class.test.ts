import { expect, test } from 'vitest';
import { redactReply } from '../../src/mail/mail-transport.ts';
import type { BounceKind } from '../../src/messaging/emails/email-report.ts';
import { classifyBounce, statusOf } from '../../src/messaging/suppressions/bounce-class.ts';

/** Answers of real servers, by what they mean. */
const ANSWERS: readonly [kind: BounceKind, status: string | null, text: string][] = [
  [
    'hard',
    '5.1.1',
    '550 5.1.1 <ann@example.com>: Recipient address rejected: User unknown in virtual mailbox table',
  ],
  [
    'hard',
    null,
    '550-5.1.1 The email account that you tried to reach does not exist. Please try double-checking',
  ],
  ['hard', null, '550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup'],
  ['hard', '5.1.2', 'Host or domain name not found. Name service error for name=exampel.com type=A'],
  ['hard', '5.1.3', 'Bad recipient address syntax'],
  ['hard', '5.1.6', 'Mailbox has moved'],
  ['hard', '5.2.1', '550 5.2.1 The email account that you tried to reach is disabled.'],
  ['hard', '5.4.4', 'Host not found'],
  ['hard', '5.4.310', 'DNS domain exampel.com does not exist'],
  ['hard', null, '550 No such user here'],
  ['hard', null, '550 Requested action not taken: mailbox not found'],
  ['hard', '5.0.0', 'Sorry, no mailbox here by that name. (#5.1.1)'],
  ['hard', null, "554 delivery error: dd This user doesn't exist".replace("doesn't", 'does not')],
  ['hard', null, 'Unrouteable address'],
  ['hard', '5.1.1', 'policy@spam.example: user unknown'],
  ['soft', '4.2.2', '452-4.2.2 The email account that you tried to reach is over quota.'],
  ['soft', '5.2.2', '552 5.2.2 Mailbox full'],
  ['soft', '5.1.1', '550 5.1.1 mailbox full'],
  ['soft', '5.2.3', 'Message length exceeds administrative limit'],
  ['soft', '5.3.4', '552 5.3.4 Message size exceeds fixed limit'],
  ['soft', '4.4.1', 'Connection timed out'],
  ['soft', '4.2.0', '451 4.2.0 Greylisted, please try again in 180 seconds'],
  ['soft', null, '421 Service not available, closing transmission channel'],
  ['soft', null, '450 Requested mail action not taken: mailbox unavailable'],
  ['soft', '5.4.6', 'Routing loop detected'],
  ['soft', '5.0.0', 'The mail system says nothing further'],
  ['soft', null, ''],
  ['soft', '5.3.0', 'Other mail system problem'],
  ['block', '5.7.1', '550 5.7.1 Service unavailable, Client host [192.0.2.1] blocked using Spamhaus'],
  ['block', '5.7.26', 'This mail is unauthenticated, which poses a security risk'],
  ['block', null, '550 5.7.606 Access denied, banned sending IP'],
  ['block', '5.1.1', '550 5.1.1 Message rejected due to local policy'],
  ['block', '4.7.0', '421-4.7.0 Our system has detected an unusual rate of unsolicited mail'],
  ['block', null, '554 Message rejected: DMARC policy of the domain'],
  ['block', '5.0.0', 'Rejected because of poor reputation of the sender'],
  ['block', null, '550 JunkMail rejected - mail.example.com is in an RBL'],
  ['block', '5.2.1', '550 5.2.1 blacklisted'],
];

test.each(ANSWERS)('a bounce is %s with the code %s and the text "%s"', (kind, status, text) => {
  expect(classifyBounce({ status, text })).toBe(kind);
});

test.each([
  ['5.1.1', '550 4.2.2', '5.1.1'],
  [null, 'smtp; 550 5.1.10 RESOLVER', '5.1.10'],
  [null, '550-5.1.1 The account', '5.1.1'],
  [null, 'connected to 10.5.1.1', null],
  ['550', 'nothing', null],
  [null, null, null],
])('the enhanced code of %s and "%s" is %s', (status, text, expected) => {
  expect(statusOf({ status, text })).toBe(expected);
});

/** A server that a workspace has entered may answer with anything; the other workspaces go on. */
test('an answer of 256 kB is judged by its beginning', () => {
  for (const word of ['a', '@', '5.', 'a:/', '<a@'])
    expect(classifyBounce({ text: `550 5.1.1 user unknown ${word.repeat(256_000 / word.length)}` })).toBe(
      'hard',
    );
});

test('an answer is shown in part, without addresses, and without half an emoji', () => {
  const shown = redactReply(`550 jane@example.com ${'🙂'.repeat(128_000)}`);
  expect(shown).toMatch(/^550 \[address\] 🙂/);
  expect([shown.length, shown.isWellFormed()]).toEqual([200, true]);
  for (const word of ['a', '@', 'a:/', '-'])
    expect(redactReply(word.repeat(256_000 / word.length)).length).toBeLessThanOrEqual(200);
});
