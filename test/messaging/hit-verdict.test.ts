import { describe, expect, test } from 'vitest';
import {
  judgeHit,
  type Hit,
  type HitContext,
  type HitReason,
  type NeighbourHit,
  type Verdict,
} from '../../src/messaging/tracking/hit-verdict.ts';
import { describeAgent } from '../../src/messaging/tracking/user-agent.ts';

const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36';
const EDGE = `${CHROME} Edg/141.0.0.0`;
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const SAFARI =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1';
const APPLE_MAIL = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)';
const GMAIL = 'Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)';
const YAHOO = 'YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html';
const OUTLOOK =
  'Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; WOW64; Trident/7.0; Microsoft Outlook 16.0.17928; ms-office; MSOffice 16)';
const THUNDERBIRD = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Thunderbird/140.3.0';
const GOOGLEBOT = 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)';
const HEADLESS = CHROME.replace('Chrome/', 'HeadlessChrome/');

const HOME = '203.0.113.7';
const EOP = '40.94.20.11';
const RELAY = '172.225.10.3';
const SENT_AT = Date.UTC(2026, 5, 1, 12);

interface Case {
  kind: 'open' | 'click';
  agent: string;
  expected: [Verdict, HitReason];
  /** Seconds after it was sent; default: ten minutes. */
  after?: number;
  /** Seconds from being sent to the delivery; null: not reported. */
  delivered?: number;
  from?: string;
  hit?: Partial<Hit>;
  context?: Partial<HitContext>;
}

const at = (seconds: number) => SENT_AT + seconds * 1000;
const other = (link: number, seconds: number, more: Partial<NeighbourHit> = {}): NeighbourHit => ({
  kind: 'click',
  link,
  at: at(seconds),
  isHoneypot: false,
  ...more,
});
const honeypotAt = (seconds: number) => [other(65535, seconds, { isHoneypot: true })];

const open = (agent: string, expected: Case['expected'], more: Partial<Case> = {}): Case => ({
  kind: 'open',
  agent,
  expected,
  ...more,
});
const click = (agent: string, expected: Case['expected'], more: Partial<Case> = {}): Case => ({
  ...open(agent, expected, more),
  kind: 'click',
});
const human = (reason: HitReason): Case['expected'] => ['human', reason];
const machine = (reason: HitReason): Case['expected'] => ['machine', reason];

const CASES: Record<string, Case> = {
  // 1: what a request says about itself
  'HEAD of a link': click(CHROME, machine('method'), { hit: { method: 'HEAD' } }),
  'HEAD of the pixel': open(CHROME, machine('method'), { hit: { method: 'HEAD' } }),
  'OPTIONS of a link': click(CHROME, machine('method'), { hit: { method: 'OPTIONS' } }),
  'Sec-Purpose: prefetch': click(CHROME, machine('prefetch'), { hit: { purpose: 'prefetch;prerender' } }),
  'Purpose: prefetch': click(SAFARI, machine('prefetch'), { hit: { purpose: 'prefetch' } }),
  'X-Purpose: preview': click(SAFARI, machine('prefetch'), { hit: { purpose: 'preview' } }),
  'another purpose': click(CHROME, human('browser'), { hit: { purpose: 'navigate' } }),
  // 2: scanners
  Proofpoint: click('Mozilla/5.0 (compatible; Proofpoint URL Defense)', machine('scanner')),
  Barracuda: click(
    'Mozilla/5.0 (compatible; Barracuda Sentinel; +https://www.barracuda.com)',
    machine('scanner'),
  ),
  Mimecast: click('Mimecast-URL-Protect/1.0', machine('scanner')),
  MessageLabs: open('Mozilla/5.0 (compatible; Symantec.cloud MessageLabs)', machine('scanner')),
  'Cisco IronPort': click('Cisco IronPort Web Security', machine('scanner')),
  'Trend Micro': click('Mozilla/5.0 (TrendMicro TMASE)', machine('scanner')),
  Forcepoint: click('Forcepoint Email Security', machine('scanner')),
  Sophos: click('SophosEmailScanner/2', machine('scanner')),
  Vade: click('Vade Secure URL checker', machine('scanner')),
  Hornetsecurity: click('Hornetsecurity ATP', machine('scanner')),
  Avanan: click(`${CHROME} Avanan`, machine('scanner')),
  'Abnormal Security': click('Abnormal-Security-Crawler'.replace('-', ' '), machine('scanner')),
  'Bing preview': click(`${CHROME} BingPreview/1.0b`, machine('scanner')),
  'Google Safety': click(
    'Mozilla/5.0 (compatible; Google-Safety; +http://www.google.com/bot.html)',
    machine('scanner'),
  ),
  Slack: click('Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)', machine('scanner')),
  'Slack pictures': open('Slack-ImgProxy (+https://api.slack.com/robots)', machine('scanner')),
  Teams: click('SkypeUriPreview Preview/0.5 skype-url-preview@microsoft.com', machine('scanner')),
  WhatsApp: click('WhatsApp/2.23.20.0 A', machine('scanner')),
  curl: click('curl/8.9.1', machine('scanner')),
  wget: click('Wget/1.24.5', machine('scanner')),
  'python-requests': click('python-requests/2.32.3', machine('scanner')),
  'Go-http-client': click('Go-http-client/2.0', machine('scanner')),
  'headless Chrome': click(HEADLESS, machine('scanner')),
  Googlebot: click(GOOGLEBOT, machine('bot')),
  'a proxy that follows links': click(GMAIL, machine('bot')),
  'a click without a user agent': click('', machine('no_user_agent')),
  // 3: Apple Mail Privacy Protection
  'Mozilla/5.0 alone': open('Mozilla/5.0', machine('apple_mpp')),
  'Mozilla/5.0 from a relay': open('Mozilla/5.0', machine('apple_mpp'), { from: RELAY }),
  'Mozilla/5.0 with a referer': open('Mozilla/5.0', ['unknown', 'bot'], {
    hit: { referer: 'https://mail.example/' },
  }),
  'AppleWebKit from a relay': open(APPLE_MAIL, machine('apple_mpp'), { from: RELAY }),
  'AppleWebKit from a relay of IPv6': open(APPLE_MAIL, machine('apple_mpp'), { from: '2a02:26f7:c9c8::1' }),
  'Apple Mail by a server of Linode, next to the relays': open(APPLE_MAIL, human('mail_client'), {
    from: '172.236.1.2',
  }),
  'Apple Mail without protection': open(APPLE_MAIL, human('mail_client')),
  'Safari from a relay': open(SAFARI, human('browser'), { from: RELAY }),
  'a click in Safari from a relay': click(SAFARI, human('browser'), { from: RELAY }),
  // 4: proxies that load when the mail is read
  'Gmail when it is read': open(GMAIL, human('proxied')),
  'Gmail a second after the delivery': open(GMAIL, machine('instant'), { after: 11, delivered: 10 }),
  'Gmail two seconds after the delivery': open(GMAIL, human('proxied'), { after: 12, delivered: 10 }),
  'Yahoo Mail': open(YAHOO, human('proxied')),
  // 5: Microsoft
  'Safe Links': click(CHROME, machine('microsoft_safelinks'), { from: EOP }),
  'Safe Links as Edge': click(EDGE, machine('microsoft_safelinks'), { from: '104.47.1.1' }),
  'Safe Links from 52.100.0.0/14': click(CHROME, machine('microsoft_safelinks'), { from: '52.103.255.255' }),
  'Safe Links over IPv6': click(CHROME, machine('microsoft_safelinks'), { from: '2a01:111:f400:7eab::1' }),
  'Safe Links over mapped IPv4': click(CHROME, machine('microsoft_safelinks'), { from: `::ffff:${EOP}` }),
  'an address next to the range': click(CHROME, human('browser'), { from: '40.95.0.1' }),
  'another browser in the range': click(FIREFOX, human('browser'), { from: EOP }),
  'an open from the range': open(CHROME, ['unknown', 'microsoft_network'], { from: EOP }),
  // 6: timing
  'a click after four seconds': click(CHROME, machine('instant'), { after: 4.9 }),
  'a click after five seconds': click(CHROME, human('browser'), { after: 5 }),
  'a click before the delivery is reported': click(CHROME, machine('instant'), { after: 9, delivered: 10 }),
  'a click soon after a late delivery': click(CHROME, machine('instant'), { after: 3604, delivered: 3600 }),
  'a click without a time of sending': click(CHROME, human('browser'), { context: { sentAt: null } }),
  'two links within two seconds': click(CHROME, machine('burst'), {
    context: { neighbours: [other(2, 602)] },
  }),
  'two links, this one later': click(CHROME, machine('burst'), { context: { neighbours: [other(2, 598)] } }),
  'two links within three seconds': click(CHROME, human('browser'), {
    context: { neighbours: [other(2, 603)] },
  }),
  'the same link twice': click(CHROME, human('browser'), { context: { neighbours: [other(1, 600.5)] } }),
  'an open and a click': click(CHROME, human('browser'), {
    context: { neighbours: [other(0, 599, { kind: 'open' })] },
  }),
  'the honeypot': click(CHROME, machine('honeypot'), { context: { isHoneypot: true } }),
  'a minute after the honeypot': click(CHROME, machine('honeypot'), {
    context: { neighbours: honeypotAt(540) },
  }),
  'a minute before the honeypot': open(FIREFOX, machine('honeypot'), {
    context: { neighbours: honeypotAt(660) },
  }),
  'more than a minute after the honeypot': click(CHROME, human('browser'), {
    context: { neighbours: honeypotAt(539) },
  }),
  // 7: people
  'the sender': click(CHROME, ['ignored', 'self'], { context: { isSelf: true } }),
  'the sender, with HEAD': open(CHROME, ['ignored', 'self'], {
    hit: { method: 'HEAD' },
    context: { isSelf: true },
  }),
  Outlook: open(OUTLOOK, human('mail_client')),
  Thunderbird: open(THUNDERBIRD, human('mail_client')),
  'Firefox with webmail': open(FIREFOX, human('browser'), { hit: { referer: 'https://webmail.example/' } }),
  'an open by a bot': open(GOOGLEBOT, ['unknown', 'bot']),
  'an open without a user agent': open('', ['unknown', 'no_user_agent']),
  'a click in Firefox': click(FIREFOX, human('browser')),
};

describe('a hit', () => {
  test('there are at least 60 cases', () => {
    expect(Object.keys(CASES).length).toBeGreaterThanOrEqual(60);
  });

  test.each(Object.entries(CASES))(
    '%s',
    (_name, { kind, agent, expected, after = 600, delivered, ...more }) => {
      const hit: Hit = {
        kind,
        link: kind === 'open' ? 0 : 1,
        at: at(after),
        method: 'GET',
        userAgent: agent,
        referer: '',
        purpose: '',
        address: more.from ?? HOME,
        ...more.hit,
      };
      const context: HitContext = {
        sentAt: SENT_AT,
        deliveredAt: delivered === undefined ? null : at(delivered),
        isHoneypot: false,
        isSelf: false,
        neighbours: [],
        ...more.context,
      };
      const { verdict, reason } = judgeHit(hit, context);
      expect([verdict, reason]).toEqual(expected);
    },
  );
});

test.each([
  [CHROME, 'Chrome'],
  [EDGE, 'Edge'],
  [FIREFOX, 'Firefox'],
  [SAFARI, 'Safari'],
  [APPLE_MAIL, 'Apple Mail'],
  [GMAIL, 'Gmail'],
  [YAHOO, 'Yahoo Mail'],
  [OUTLOOK, 'Outlook'],
  [THUNDERBIRD, 'Thunderbird'],
  [GOOGLEBOT, 'Bot'],
  ['Mozilla/5.0', 'Apple Mail'],
  ['', 'Other'],
])('%s is %s', (agent, family) => {
  expect(describeAgent(agent).family).toBe(family);
});
