import { networkInterfaces } from 'node:os';
import { describe, expect, test } from 'vitest';
import { makeGuard, makeOperatorGuard, urlProblem } from '../../src/net/egress-guard.ts';

const PORT = 3000;
/** Splits a text into words: tables of addresses are easier to read without quotes. */
const words = (text: string) => text.trim().split(/\s+/);

const closed = makeGuard({ allow: [], own: () => [{ address: '127.0.0.1', port: PORT }] });

describe('no address that is not public may be dialled', () => {
  const REFUSED: Record<string, string> = {
    'a loopback address': '127.0.0.1 127.0.0.2 127.1.2.3 127.255.255.255 ::1 0:0:0:0:0:0:0:1',
    'an unspecified address': '0.0.0.0 0.0.0.1 0.255.255.255 :: 0::0',
    'a private address': `10.0.0.0 10.0.0.1 10.255.255.255 172.16.0.1 172.31.255.255 192.168.0.1
      192.168.255.255 fc00::1 fd00::1 fd12:3456:789a::1 fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff`,
    'a link-local address': '169.254.0.1 169.254.255.255 fe80::1 FE80::1 febf::1',
    'a cloud metadata address': `169.254.169.254 100.100.100.200 168.63.129.16 fd00:ec2::254
      fd00:0ec2:0:0:0:0:0:0254`,
    'an address of carrier-grade NAT': '100.64.0.0 100.64.0.1 100.127.255.255',
    'a multicast address': '224.0.0.1 239.255.255.255 ff02::1 ff0e::1 ffff::',
    'a broadcast address': '255.255.255.255',
    // The second half: IPv4-compatible, translated (RFC 6145), and never allocated.
    'a reserved address': `192.0.0.1 192.0.0.192 192.0.2.1 198.51.100.7 203.0.113.9 198.18.0.1
      198.19.255.255 240.0.0.1 254.255.255.255 192.88.99.1 192.175.48.1 192.31.196.1 192.52.193.1
      100::1 100::ffff:ffff fec0::1 feff::1 2001:db8::1 3fff::1 2001:2::1 2001:3::1 2001:10::1
      2001:20::1 2001:30::1 2001:1ff::1 5f00::1 2620:4f:8000::1
      ::127.0.0.1 ::7f00:1 ::10.0.0.1 ::8.8.8.8 ::2 ::ffff:0:127.0.0.1 ::ffff:0:7f00:1
      64:ff9b:2::1 1::1 1000::1 4000::1 8000::1 e000::1 fe00::1`,
    'an IPv4 address written as IPv6': `::ffff:127.0.0.1 ::ffff:7f00:1 ::FFFF:127.0.0.1
      0:0:0:0:0:ffff:7f00:0001 ::ffff:10.0.0.1 ::ffff:a9fe:a9fe ::ffff:169.254.169.254
      ::ffff:0.0.0.0 ::ffff:8.8.8.8`,
    'an IPv4 address behind NAT64': `64:ff9b::127.0.0.1 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe
      64:ff9b::8.8.8.8 64:ff9b:1::1 64:ff9b:1:ffff::10.0.0.1`,
    'an IPv4 address behind 6to4': '2002:7f00:1:: 2002:a00:1::1 2002:a9fe:a9fe::1 2002:808:808::1',
    'an IPv4 address behind Teredo': '2001::1 2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:0:7f00:1::',
    'an IPv4 address behind ISATAP': '2600::5efe:10.0.0.1 2600:1:2:3:200:5efe:7f00:1',
    'something that is not an IP address': `localhost example.com 127.1 0177.0.0.1 0x7f.0.0.1 2130706433
      0x7f000001 127.0.0.1/8 [::1] fe80::1%eth0 ::1%lo 2600::1%1 1.2.3 1.2.3.4.5 256.1.1.1 ①.1.1.1
      1。1。1。1 ::: 2600::1::2`,
  };
  const rows = Object.entries(REFUSED).flatMap(([kind, list]) =>
    words(list).map((address): [string, string] => [address, kind]),
  );

  test.each(rows)('%s is %s', (address, kind) => {
    expect(closed.refuses(address, 443)).toBe(kind);
  });

  test.each(['', ' ', '127.0.0.1 ', '8.8.8.8\n', '8.8.8.8\0'])('%j is not an address', (address) => {
    expect(closed.refuses(address, 443)).toBe('something that is not an IP address');
  });
});

const PUBLIC = words(`1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 93.184.216.34 100.63.255.255 100.128.0.0
  126.255.255.255 128.0.0.1 169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 191.255.255.255
  192.0.1.1 192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0 223.255.255.255 2600:: 2003::1
  2606:4700:4700::1111 2a00:1450:4001:80b::200e 2001:4860:4860::8888 2600::5efe:8.8.8.8 2400:cb00::1`);

test.each(PUBLIC)('%s is public and may be dialled', (address) => {
  expect(closed.refuses(address, 443)).toBeNull();
  expect(closed.allowsPrivate(address)).toBe(false);
});

describe('a range that the operator opened', () => {
  const open = makeGuard({
    allow: ['127.0.0.0/8', '10.1.0.0/16', 'fd12::/32', '64:ff9b::/96'],
    own: () => [{ address: '127.0.0.1', port: PORT }],
  });

  test.each(['127.0.0.1', '127.9.9.9', '10.1.255.255', 'fd12:0:1::1', '::ffff:10.1.0.1', '64:ff9b::808:808'])(
    '%s is allowed',
    (address) => {
      expect(open.refuses(address, 8080)).toBeNull();
      expect(open.allowsPrivate(address)).toBe(true);
    },
  );

  test.each([
    '10.2.0.1',
    '::1',
    'fd13::1',
    '192.168.0.1',
    '::ffff:10.2.0.1',
    '169.254.169.254',
    'fe80::1%eth0',
  ])('%s stays refused', (address) => {
    expect(open.refuses(address, 8080)).not.toBeNull();
    expect(open.allowsPrivate(address)).toBe(false);
  });

  test('opens nothing to a public address over plain HTTP', () => {
    expect(open.refuses('8.8.8.8', 80)).toBeNull();
    expect(open.allowsPrivate('8.8.8.8')).toBe(false);
  });
});

describe("the server's own listener is refused, whatever is open", () => {
  const everything = ['0.0.0.0/0', '::/0'];
  const OWN = "this server's own address";

  test.each(['127.0.0.1', '::ffff:127.0.0.1', '0.0.0.0', '::'])('bound to 127.0.0.1: %s', (address) => {
    const guard = makeGuard({ allow: everything, own: () => [{ address: '127.0.0.1', port: PORT }] });
    expect(guard.refuses(address, PORT)).toBe(OWN);
    expect(guard.refuses(address, PORT + 1)).toBeNull();
  });

  const local = Object.values(networkInterfaces()).flatMap((list) =>
    (list ?? []).map((item) => item.address),
  );
  test.each(['127.0.0.1', '127.7.7.7', '::1', '0.0.0.0', ...local.filter((item) => !item.includes('%'))])(
    'bound to every address: %s',
    (address) => {
      for (const wildcard of ['0.0.0.0', '::']) {
        const guard = makeGuard({ allow: everything, own: () => [{ address: wildcard, port: PORT }] });
        expect(guard.refuses(address, PORT)).toBe(OWN);
        expect(guard.refuses(address, PORT + 1)).toBeNull();
      }
    },
  );

  test('bound to one address, another address of this machine is another server', () => {
    const guard = makeGuard({ allow: everything, own: () => [{ address: '127.0.0.1', port: PORT }] });
    expect(guard.refuses('127.0.0.2', PORT)).toBeNull();
    expect(guard.refuses('8.8.8.8', PORT)).toBeNull();
  });

  test('is read each time, since the port is known only once the server is up', () => {
    const own: { address: string; port: number }[] = [];
    const guard = makeGuard({ allow: everything, own: () => own });
    expect(guard.refuses('127.0.0.1', PORT)).toBeNull();
    own.push({ address: '127.0.0.1', port: PORT });
    expect(guard.refuses('127.0.0.1', PORT)).toBe(OWN);
  });
});

describe('a URL that names an inner address is refused when it is saved', () => {
  const HOSTS = words(`127.0.0.1 127.0.0.1. 127.1 127.0.1 2130706433 017700000001 0x7f000001 0x7F.1
    0177.0.0.1 0177.0.0.01 0x7f.0x0.0x0.0x1 0177.0x0.0.1 127.0.0.0x1 0 0.0.0.0 0x0 000 00.00.00.00
    3232235521 0xc0a80001 0300.0250.0.1 192.168.1 10.1 167772161 2852039166 0xa9fea9fe
    0251.0376.0251.0376 169.254.43518 169.254.169.254. 4294967295
    ①②⑦.⓪.⓪.① １２７.０.０.１ 127。0。0。1 127．0．0．1 127｡0｡0｡1 𝟏𝟐𝟕.𝟎.𝟎.𝟏 ⑩.0.0.1
    %31%32%37.0.0.1 127%2e0%2e0%2e1 %30x7f.1 127.0.0.1:443 127.0.0.1:8443 [::1]:8443
    [::1] [::] [0:0:0:0:0:0:0:1] [::ffff:127.0.0.1] [::ffff:7f00:1] [::FFFF:A9FE:A9FE] [::127.0.0.1]
    [::ffff:8.8.8.8] [64:ff9b::7f00:1] [64:ff9b:1::1] [2002:7f00:1::] [2001:0:7f00:1::] [fe80::1]
    [fd00:ec2::254] [fc00::1] [fec0::1] [ff02::1] [100::1] [2001:db8::1]
    localhost LOCALHOST LocalHost localhost. localhost:8443 app.localhost a.b.localhost.
    ⓛⓞⓒⓐⓛⓗⓞⓢⓣ ｌｏｃａｌｈｏｓｔ loc%61lhost loc\u00adalhost
    10.0.0.1 172.16.5.5 192.168.1.1 100.64.1.1 198.18.0.1 192.0.2.1 224.0.0.1 255.255.255.255
    168.63.129.16`);

  test.each(HOSTS)('https://%s/', (host) => {
    expect(urlProblem(`https://${host}/hook`, closed)).toMatch(/^points to (a|an|this) .*must be a public/);
  });
});

describe('the error of a URL that is not HTTPS to a public name says what would be right', () => {
  const ROWS: [string, RegExp][] = [
    ['', /must start with https/],
    ['example.com', /must start with https/],
    ['//example.com/', /must start with https/],
    ['https:example.com', /must start with https/],
    ['https:/example.com', /must start with https/],
    ['ftp://example.com/', /must start with https/],
    ['file:///etc/passwd', /must start with https/],
    ['gopher://127.0.0.1:6379/_', /must start with https/],
    ['javascript:alert(1)', /must start with https/],
    ['data:text/plain,hi', /must start with https/],
    [' https://example.com/', /must start with https/],
    ['http://example.com/', /must start with https.*operator/],
    ['http://8.8.8.8/', /must start with https.*operator/],
    ['http://127.0.0.1/', /must start with https.*operator/],
    ['HTTP://EXAMPLE.COM/', /must start with https.*operator/],
    ['https://user:pass@example.com/', /user name or password/],
    ['https://user@example.com/', /user name or password/],
    ['https://@example.com/', /user name or password/],
    ['https://example.com@127.0.0.1/', /user name or password/],
    ['https://example.com:443@127.0.0.1/', /user name or password/],
    ['https://127.0.0.1:80@example.com/', /user name or password/],
    ['https://example.com%40127.0.0.1/', /not a URL/],
    ['https://example.com\\@127.0.0.1/', /backslash/],
    ['https:\\\\127.0.0.1/', /must start with https/],
    ['https://127.0.0.1\\.example.com/', /backslash/],
    ['https://exa mple.com/', /space/],
    ['https://127.0.0.1\t.example.com/', /control character/],
    ['https://127.0.0.1\n/', /control character/],
    ['https://example.com/\u0000', /control character/],
    ['https://example.com/\r\nHost: x', /control character/],
    ['https://example.com/a#b', /fragment/],
    ['https://example.com/#', /fragment/],
    ['https://example.com#@127.0.0.1/', /fragment/],
    ['https://', /not a URL/],
    ['https:///', /not a URL/],
    ['https://[::1', /not a URL/],
    ['https://[fe80::1%25eth0]/', /not a URL/],
    ['https://[::1%lo]/', /not a URL/],
    ['https://256.1.1.1/', /not a URL/],
    ['https://1.2.3.4.5/', /not a URL/],
    ['https://4294967296/', /not a URL/],
    ['https://127.0.0.1%00.example.com/', /not a URL/],
    ['https://example.com:99999/', /not a URL/],
    ['https://example.com:x/', /not a URL/],
    ['https://example.com:0/', /port 0/],
    ['https://./', /host that is not a name/],
    ['https://../', /host that is not a name/],
    ['https://127.0.0.1../', /host that is not a name/],
    ['https://a..b/', /host that is not a name/],
    ['https://.example.com/', /host that is not a name/],
    [`https://${'a'.repeat(64)}.com/`, /host that is not a name/],
    ["https://a'b.com/", /host that is not a name/],
    ['https://intranet/', /without a domain/],
    ['https://metadata/', /without a domain/],
  ];

  test.each(ROWS)('%j', (url, problem) => {
    expect(urlProblem(url, closed)).toMatch(problem);
  });
});

test.each([
  'https://example.com',
  'https://example.com/',
  'HTTPS://Example.COM/Hook?a=b&c=%20d',
  'https://example.com./hook',
  'https://example.com:8443/hook',
  'https://hooks.example.co.uk/services/T000/B000?x=a@b',
  'https://exa_mple.example.com/',
  'https://münchen.example/ä',
  'https://xn--mnchen-3ya.example/',
  'https://8.8.8.8/hook',
  'https://[2606:4700:4700::1111]:8443/hook',
  'https://127.0.0.1.example.com/',
  'https://localhost.example.com/',
])('%s may be saved', (url) => {
  expect(urlProblem(url, closed)).toBeNull();
});

test('a URL of 2,048 characters may be saved, a longer one not', () => {
  const longest = `https://example.com/${'a'.repeat(2028)}`;
  expect(urlProblem(longest, closed)).toBeNull();
  expect(urlProblem(`${longest}a`, closed)).toMatch(/is 2049 characters long; at most 2048/);
  expect(urlProblem(`https://${'a.'.repeat(130)}com/`, closed)).toMatch(/host that is not a name/);
});

test('::10.1.0.1 is not 10.1.0.1 written as IPv6, although a library reads it so', () => {
  const guard = makeGuard({ allow: ['10.1.0.0/16'], own: () => [] });
  expect(guard.refuses('::ffff:10.1.0.1', 443)).toBeNull();
  expect(guard.refuses('::10.1.0.1', 443)).toBe('a reserved address');
  expect(guard.allowsPrivate('::10.1.0.1')).toBe(false);
});

describe('with 127.0.0.0/8 opened by the operator', () => {
  const open = makeGuard({ allow: ['127.0.0.0/8'], own: () => [{ address: '127.0.0.1', port: PORT }] });

  test.each([
    'http://127.0.0.1:8080/hook',
    'http://localhost:8080/hook',
    'http://localhost./hook',
    'https://localhost/hook',
    'http://2130706433/',
    'http://[::ffff:127.0.0.1]/',
    'http://receiver/hook',
    'http://receiver.internal/hook',
    'https://example.com/',
  ])('%s may be saved', (url) => {
    expect(urlProblem(url, open)).toBeNull();
  });

  test.each([
    ['http://127.0.0.1:3000/hook', /this server's own address/],
    ['http://0.0.0.0:3000/', /must start with https/],
    ['https://0.0.0.0:3000/', /this server's own address/],
    ['http://10.0.0.1/', /must start with https/],
    ['https://10.0.0.1/', /a private address/],
    ['http://8.8.8.8/', /must start with https/],
    ['http://[::1]/', /must start with https/],
    ['https://169.254.169.254/latest/meta-data/', /metadata/],
  ])('%s may not', (url, problem) => {
    expect(urlProblem(url, open)).toMatch(problem);
  });
});

describe('the guard for hosts of the operator', () => {
  const operator = makeOperatorGuard({ own: () => [{ address: '127.0.0.1', port: PORT }] });

  test.each(
    words('127.0.0.1 ::1 10.0.0.1 192.168.1.1 169.254.1.1 fd00::1 fe80::1 100.64.0.1 8.8.8.8 2600::'),
  )('allows %s', (address) => {
    expect(operator.refuses(address, 25)).toBeNull();
    expect(operator.allowsPrivate(address)).toBe(true);
  });

  test.each([
    ['169.254.169.254', 'a cloud metadata address'],
    ['fd00:ec2::254', 'a cloud metadata address'],
    ['::ffff:169.254.169.254', 'a cloud metadata address'],
    ['224.0.0.1', 'a multicast address'],
    ['ff02::1', 'a multicast address'],
    ['255.255.255.255', 'a broadcast address'],
    ['mail', 'something that is not an IP address'],
  ])('refuses %s', (address, kind) => {
    expect(operator.refuses(address, 25)).toBe(kind);
  });

  test("refuses this server's own listener", () => {
    expect(operator.refuses('127.0.0.1', PORT)).toBe("this server's own address");
  });
});
