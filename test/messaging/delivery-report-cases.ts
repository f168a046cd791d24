/** One report in the form of a mail server, and what it says. */
export interface ReportCase {
  name: string;
  raw: string;
  expected: object | null;
}

const lines = (...list: string[]) => list.join('\r\n');

const RETURNED = lines(
  'Return-Path: <bounce+abc@in.crm.example>',
  'Message-ID: <0199@crm.example>',
  'From: Clara <clara@crm.example>',
  'To: anna@far.example',
  'Subject: Your course',
);

/** A `multipart/report` with the parts of RFC 3464. */
function report(options: {
  status: string;
  from?: string;
  human?: string;
  statusType?: string;
  returned?: string;
  returnedType?: string;
  headers?: string[];
  reportType?: string;
}): string {
  const {
    status,
    from = 'MAILER-DAEMON@mx.example (Mail Delivery System)',
    human = 'I could not deliver your message.',
    statusType = 'message/delivery-status',
    returned = RETURNED,
    returnedType = 'message/rfc822',
    headers = [],
    reportType = 'delivery-status',
  } = options;
  return lines(
    ...headers,
    `From: ${from}`,
    'To: bounce+abc@in.crm.example',
    'Subject: Undelivered Mail Returned to Sender',
    'Auto-Submitted: auto-replied',
    'MIME-Version: 1.0',
    `Content-Type: multipart/report; report-type=${reportType}; boundary="=_b"`,
    '',
    '--=_b',
    'Content-Type: text/plain; charset=us-ascii',
    '',
    human,
    '',
    '--=_b',
    `Content-Type: ${statusType}`,
    '',
    status,
    '',
    ...(returned === '' ? [] : ['--=_b', `Content-Type: ${returnedType}`, '', returned, '', '']),
    '--=_b--',
    '',
  );
}

function plain(headers: string[], body: string[]): string {
  return lines(...headers, 'To: bounce+abc@in.crm.example', '', ...body, '');
}

const PATH = { messageId: '0199@crm.example', returnPaths: ['bounce+abc@in.crm.example'] };
const failed = (status: string, text: string | null, address = 'anna@far.example') => ({
  address,
  action: 'failed',
  status,
  text,
});
const delivery = (...recipients: object[]) => ({ kind: 'delivery', recipients, ...PATH });

export const REPORT_CASES: readonly ReportCase[] = [
  {
    name: 'Postfix, unknown user',
    raw: report({
      status: lines(
        'Reporting-MTA: dns; mx.example',
        'X-Postfix-Queue-ID: 4F1A2C',
        'X-Postfix-Sender: rfc822; bounce+abc@in.crm.example',
        'Arrival-Date: Fri, 27 Nov 2026 10:00:00 +0000 (UTC)',
        '',
        'Final-Recipient: rfc822; anna@far.example',
        'Original-Recipient: rfc822;anna@far.example',
        'Action: failed',
        'Status: 5.1.1',
        'Remote-MTA: dns; mx.far.example',
        'Diagnostic-Code: smtp; 550 5.1.1 <anna@far.example>: Recipient address',
        '    rejected: User unknown in virtual mailbox table',
      ),
    }),
    expected: delivery(
      failed(
        '5.1.1',
        '550 5.1.1 <anna@far.example>: Recipient address rejected: User unknown in virtual mailbox table',
      ),
    ),
  },
  {
    name: 'Postfix, delayed, will be retried',
    raw: report({
      status: lines(
        'Reporting-MTA: dns; mx.example',
        '',
        'Final-Recipient: rfc822; anna@far.example',
        'Original-Recipient: rfc822;anna@far.example',
        'Action: delayed',
        'Status: 4.4.1',
        'Diagnostic-Code: X-Postfix; connect to mx.far.example[192.0.2.1]:25: Connection timed out',
        'Will-Retry-Until: Wed, 2 Dec 2026 10:00:00 +0000 (UTC)',
      ),
      returnedType: 'text/rfc822-headers',
    }),
    expected: delivery({
      address: 'anna@far.example',
      action: 'delayed',
      status: '4.4.1',
      text: 'connect to mx.far.example[192.0.2.1]:25: Connection timed out',
    }),
  },
  {
    name: 'Postfix, given up after days: failed with a 4.x status',
    raw: report({
      status: lines(
        'Reporting-MTA: dns; mx.example',
        '',
        'Final-Recipient: rfc822; anna@far.example',
        'Action: failed',
        'Status: 4.4.1',
        'Diagnostic-Code: X-Postfix; connect to mx.far.example[192.0.2.1]:25: Connection refused',
      ),
    }),
    expected: delivery(failed('4.4.1', 'connect to mx.far.example[192.0.2.1]:25: Connection refused')),
  },
  {
    name: 'Exchange 365, unknown recipient',
    raw: report({
      from: 'Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@far.example>',
      status: lines(
        'Reporting-MTA: dns;AM0PR01.eurprd01.prod.exchangelabs.example',
        'Received-From-MTA: dns;mx.example',
        'Arrival-Date: Fri, 27 Nov 2026 10:00:00 +0000',
        '',
        'Final-Recipient: rfc822;anna@far.example',
        'Action: failed',
        'Status: 5.1.10',
        'Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup',
        'X-Display-Name: anna@far.example',
      ),
    }),
    expected: delivery(
      failed(
        '5.1.10',
        '550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup',
      ),
    ),
  },
  {
    name: 'Exchange 365, blocked by policy',
    raw: report({
      status: lines(
        'Reporting-MTA: dns;DB8PR02.exchangelabs.example',
        '',
        'Original-Recipient: rfc822;anna@far.example',
        'Final-Recipient: rfc822;anna@far.example',
        'Action: failed',
        'Status: 5.7.1',
        'Diagnostic-Code: smtp;550 5.7.1 Service unavailable, Client host [192.0.2.9] blocked using Spamhaus',
      ),
    }),
    expected: delivery(
      failed('5.7.1', '550 5.7.1 Service unavailable, Client host [192.0.2.9] blocked using Spamhaus'),
    ),
  },
  {
    name: 'Exchange on premises, mailbox full',
    raw: report({
      status: lines(
        'Reporting-MTA: dns;ex01.far.example',
        '',
        'Final-Recipient: RFC822;anna@far.example',
        'Action: Failed',
        'Status: 5.2.2',
        'Diagnostic-Code: smtp;554 5.2.2 mailbox full; STOREDRV.Deliver.Exception:QuotaExceededException',
      ),
    }),
    expected: delivery(
      failed('5.2.2', '554 5.2.2 mailbox full; STOREDRV.Deliver.Exception:QuotaExceededException'),
    ),
  },
  {
    name: 'Exim with a report, the precise code only in the diagnosis',
    raw: report({
      from: 'Mail Delivery System <Mailer-Daemon@mx.example>',
      headers: ['X-Failed-Recipients: anna@far.example'],
      status: lines(
        'Reporting-MTA: dns; mx.example',
        '',
        'Action: failed',
        'Final-Recipient: rfc822;anna@far.example',
        'Status: 5.0.0',
        'Remote-MTA: dns; mx.far.example',
        'Diagnostic-Code: smtp; 550 5.1.1 No such user here',
      ),
    }),
    expected: delivery(failed('5.1.1', '550 5.1.1 No such user here')),
  },
  {
    name: 'Exim of old, as plain text',
    raw: plain(
      [
        'X-Failed-Recipients: anna@far.example',
        'Auto-Submitted: auto-replied',
        'From: Mail Delivery System <Mailer-Daemon@mx.example>',
        'Subject: Mail delivery failed: returning message to sender',
      ],
      [
        'This message was created automatically by mail delivery software.',
        '',
        'A message that you sent could not be delivered to one or more of its',
        'recipients. This is a permanent error. The following address(es) failed:',
        '',
        '  anna@far.example',
        '    host mx.far.example [192.0.2.1]',
        '    SMTP error from remote mail server after RCPT TO:<anna@far.example>:',
        '    550 5.1.1 user unknown',
        '',
        '------ This is a copy of the message, including all the headers. ------',
        '',
        ...RETURNED.split('\r\n'),
        '',
        'Hello, <other@far.example>:',
        '550 5.1.1 quoted by the sender',
      ],
    ),
    expected: delivery(
      failed(
        '5.1.1',
        'host mx.far.example [192.0.2.1] SMTP error from remote mail server after RCPT TO:<anna@far.example>: 550 5.1.1 user unknown',
      ),
    ),
  },
  {
    name: 'Exim, a warning about a delay',
    raw: plain(
      [
        'X-Failed-Recipients: anna@far.example',
        'From: Mail Delivery System <Mailer-Daemon@mx.example>',
        'Subject: Warning: message 1abc-00 delayed 24 hours',
      ],
      [
        'This message was created automatically by mail delivery software.',
        'A message that you sent has not yet been delivered to one or more of its',
        'recipients after more than 24 hours on the queue.',
        '',
        '  anna@far.example',
        '    Delay reason: host lookup did not complete',
        '',
        'No action is required on your part. Delivery attempts will continue.',
      ],
    ),
    expected: {
      kind: 'delivery',
      recipients: [
        {
          address: 'anna@far.example',
          action: 'delayed',
          status: '4.0.0',
          text: 'Delay reason: host lookup did not complete',
        },
      ],
      messageId: null,
      returnPaths: [],
    },
  },
  {
    name: 'qmail (QSBMF)',
    raw: plain(
      ['From: MAILER-DAEMON@qmail.example', 'Subject: failure notice'],
      [
        'Hi. This is the qmail-send program at qmail.example.',
        "I'm afraid I wasn't able to deliver your message to the following addresses.",
        "This is a permanent error; I've given up. Sorry it didn't work out.",
        '',
        '<anna@far.example>:',
        '192.0.2.1 does not like recipient.',
        'Remote host said: 550 5.1.1 unknown user',
        'Giving up on 192.0.2.1.',
        '',
        '--- Below this line is a copy of the message.',
        '',
        ...RETURNED.split('\r\n'),
        '',
        'Hello',
      ],
    ),
    expected: delivery(
      failed(
        '5.1.1',
        '192.0.2.1 does not like recipient. Remote host said: 550 5.1.1 unknown user Giving up on 192.0.2.1.',
      ),
    ),
  },
  {
    name: 'qmail (QSBMF), two recipients, no codes',
    raw: plain(
      ['From: MAILER-DAEMON@qmail.example', 'Subject: failure notice'],
      [
        'Hi. This is the qmail-send program at qmail.example.',
        "I'm afraid I wasn't able to deliver your message to the following addresses.",
        "This is a permanent error; I've given up. Sorry it didn't work out.",
        '',
        '<anna@far.example>:',
        'Sorry, no mailbox here by that name. (#5.1.1)',
        '',
        '<ben@far.example>:',
        "Sorry, I couldn't find any host named far.example.",
        '',
        '--- Below this line is a copy of the message.',
        '',
        ...RETURNED.split('\r\n'),
      ],
    ),
    expected: delivery(
      failed('5.1.1', 'Sorry, no mailbox here by that name. (#5.1.1)'),
      failed('5.0.0', "Sorry, I couldn't find any host named far.example.", 'ben@far.example'),
    ),
  },
  {
    name: 'Gmail, unknown account',
    raw: report({
      from: 'Mail Delivery Subsystem <mailer-daemon@googlemail.example>',
      headers: ['X-Failed-Recipients: anna@far.example'],
      status: lines(
        'Reporting-MTA: dns; googlemail.example',
        'Received-From-MTA: dns; clara@crm.example',
        'Arrival-Date: Fri, 27 Nov 2026 02:00:00 -0800 (PST)',
        'X-Original-Message-ID: <0199@crm.example>',
        '',
        'Final-Recipient: rfc822; anna@far.example',
        'Action: failed',
        'Status: 5.1.1',
        'Remote-MTA: dns; mx.far.example. (192.0.2.1, the server for the domain far.example.)',
        'Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not exist. Please try',
        ' 550-5.1.1 double-checking the address. 550 5.1.1 https://support.example/?p=NoSuchUser',
        'Last-Attempt-Date: Fri, 27 Nov 2026 02:00:01 -0800 (PST)',
      ),
    }),
    expected: delivery(
      failed(
        '5.1.1',
        '550-5.1.1 The email account that you tried to reach does not exist. Please try 550-5.1.1 double-checking the address. 550 5.1.1 https://support.example/?p=NoSuchUser',
      ),
    ),
  },
  {
    name: 'Gmail, no such domain',
    raw: report({
      status: lines(
        'Reporting-MTA: dns; googlemail.example',
        '',
        'Final-Recipient: rfc822; anna@far.example',
        'Action: failed',
        'Status: 4.0.0',
        "Diagnostic-Code: smtp; The domain far.example couldn't be found: 5.4.4 NXDOMAIN",
      ),
    }),
    expected: delivery(failed('4.0.0', "The domain far.example couldn't be found: 5.4.4 NXDOMAIN")),
  },
  {
    name: 'Yahoo, as plain text',
    raw: plain(
      ['From: MAILER-DAEMON@yahoo.example', 'Subject: Failure Notice'],
      [
        'Sorry, we were unable to deliver your message to the following address.',
        '',
        '<anna@far.example>:',
        "554: delivery error: dd This user doesn't have a far.example account (anna@far.example) [0]",
        '',
        '--- Below this line is a copy of the message.',
        '',
        ...RETURNED.split('\r\n'),
      ],
    ),
    expected: delivery(
      failed(
        '5.0.0',
        "554: delivery error: dd This user doesn't have a far.example account (anna@far.example) [0]",
      ),
    ),
  },
  {
    name: 'Yahoo, deferred for reputation',
    raw: report({
      status: lines(
        'Reporting-MTA: dns; mx.example',
        '',
        'Final-Recipient: rfc822; anna@far.example',
        'Action: delayed',
        'Status: 4.7.0',
        'Diagnostic-Code: smtp; 421 4.7.0 [TSS04] Messages from 192.0.2.9 temporarily deferred due to user complaints',
      ),
    }),
    expected: delivery({
      address: 'anna@far.example',
      action: 'delayed',
      status: '4.7.0',
      text: '421 4.7.0 [TSS04] Messages from 192.0.2.9 temporarily deferred due to user complaints',
    }),
  },
  {
    name: 'several recipients with different results',
    raw: report({
      status: lines(
        'Reporting-MTA: dns; mx.example',
        '',
        'Final-Recipient: rfc822; anna@far.example',
        'Action: failed',
        'Status: 5.1.1',
        '',
        'Final-Recipient: rfc822; ben@far.example',
        'Action: delayed',
        'Status: 4.2.2',
        '',
        'Final-Recipient: rfc822; cleo@far.example',
        'Action: delivered',
        'Status: 2.1.5',
      ),
    }),
    expected: delivery(
      failed('5.1.1', null),
      { address: 'ben@far.example', action: 'delayed', status: '4.2.2', text: null },
      { address: 'cleo@far.example', action: 'delivered', status: '2.1.5', text: null },
    ),
  },
  {
    name: 'relayed to a server without reports',
    raw: report({
      status: lines(
        'Reporting-MTA: dns; mx.example',
        '',
        'Final-Recipient: rfc822; anna@far.example',
        'Action: relayed (to non-DSN mailer)',
        'Status: 2.0.0',
      ),
    }),
    expected: delivery({ address: 'anna@far.example', action: 'delivered', status: '2.0.0', text: null }),
  },
  {
    name: 'an expanded list',
    raw: report({
      status: lines(
        'Reporting-MTA: dns; mx.example',
        '',
        'Final-Recipient: rfc822; team@far.example',
        'Action: expanded',
        'Status: 2.1.5',
      ),
    }),
    expected: delivery({ address: 'team@far.example', action: 'delivered', status: '2.1.5', text: null }),
  },
  {
    name: 'EAI: a global delivery status in UTF-8',
    raw: report({
      statusType: 'message/global-delivery-status',
      returnedType: 'message/global-headers',
      status: lines(
        'Reporting-MTA: dns; mx.example',
        '',
        'Original-Recipient: utf-8; anna.gr\\x{FC}n@far.example',
        'Final-Recipient: utf-8; anna.grün@far.example',
        'Action: failed',
        'Status: 5.1.1',
        'Diagnostic-Code: smtp; 550 5.1.1 Unbekannter Empfänger',
      ),
    }),
    expected: delivery(failed('5.1.1', '550 5.1.1 Unbekannter Empfänger', 'anna.grün@far.example')),
  },
  {
    name: 'forwarded: the original recipient counts',
    raw: report({
      status: lines(
        'Reporting-MTA: dns; mx.example',
        '',
        'Original-Recipient: rfc822; anna@far.example',
        'Final-Recipient: rfc822; anna.private@elsewhere.example',
        'Action: failed',
        'Status: 5.2.1',
      ),
    }),
    expected: delivery(failed('5.2.1', null)),
  },
  {
    name: 'Sendmail, bare line feeds and no returned mail',
    raw: report({
      returned: '',
      status: lines(
        'Reporting-MTA: dns; sendmail.example',
        '',
        'Final-Recipient: RFC822; anna@far.example',
        'Action: failed',
        'Status: 5.1.2',
        'Diagnostic-Code: SMTP; 550 Host unknown',
      ),
    }).replaceAll('\r\n', '\n'),
    expected: {
      kind: 'delivery',
      recipients: [failed('5.1.2', '550 Host unknown')],
      messageId: null,
      returnPaths: [],
    },
  },
  {
    name: 'a server that leaves out the action',
    raw: report({
      status: lines(
        'Reporting-MTA: dns; mx.example',
        '',
        'Final-Recipient: rfc822; anna@far.example',
        'Status: 5.4.4',
      ),
    }),
    expected: delivery(failed('5.4.4', null)),
  },
  {
    name: 'ARF: a complaint',
    raw: report({
      reportType: 'feedback-report',
      statusType: 'message/feedback-report',
      status: lines(
        'Feedback-Type: abuse',
        'User-Agent: SomeGenerator/1.0',
        'Version: 1',
        'Original-Mail-From: <bounce+abc@in.crm.example>',
        'Original-Rcpt-To: <anna@far.example>',
        'Source-IP: 192.0.2.9',
      ),
      returned: 'Message-ID: <0199@crm.example>',
    }),
    expected: { kind: 'complaint', address: 'anna@far.example', ...PATH },
  },
  {
    name: 'ARF: somebody who wants no more mail',
    raw: report({
      reportType: 'feedback-report',
      statusType: 'message/feedback-report',
      status: lines('Feedback-Type: opt-out', 'Version: 1', 'Removal-Recipient: <anna@far.example>'),
    }),
    expected: { kind: 'opt_out', address: 'anna@far.example', ...PATH },
  },
  {
    name: 'ARF: not spam',
    raw: report({
      reportType: 'feedback-report',
      statusType: 'message/feedback-report',
      status: lines('Feedback-Type: not-spam', 'Version: 1'),
    }),
    expected: null,
  },
  {
    name: 'a report that says nothing about recipients',
    raw: report({ status: 'Reporting-MTA: dns; mx.example' }),
    expected: null,
  },
  {
    name: 'a person who quotes a report',
    raw: plain(
      ['From: Anna <anna@far.example>', 'Subject: Re: Failure Notice'],
      [
        'I got this:',
        '> Sorry, we were unable to deliver your message to the following address.',
        '<ben@far.example>:',
        '550 5.1.1 unknown',
      ],
    ),
    expected: null,
  },
  {
    name: 'an absence note',
    raw: plain(
      ['From: Anna <anna@far.example>', 'Auto-Submitted: auto-replied', 'Subject: Out of office'],
      ['I am away until Monday. Ask <ben@far.example>.'],
    ),
    expected: null,
  },
];
