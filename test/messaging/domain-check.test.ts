import { expect, test } from 'vitest';
import { checkDomain } from '../../src/messaging/emails/domain-check.ts';
import type { DnsRecords } from '../../src/net/dns-records.ts';

const SES = { spfInclude: 'include:amazonses.com', dkimSelectors: ['s1'] };

/** A zone. */
function zone(txt: Record<string, string[]>, mx: string[] = []): DnsRecords {
  return {
    txt: (name) => Promise.resolve(txt[name] ?? []),
    mx: () => Promise.resolve(mx),
    cname: () => Promise.resolve([]),
  };
}

const stateOf = async (records: DnsRecords, kind: string, dns = SES, selector: string | null = null) => {
  const { state, expected } = (await checkDomain(records, 'sales@bücher.example', dns, selector)).find(
    (item) => item.kind === kind,
  )!;
  return [state, expected];
};
const DOMAIN = 'xn--bcher-kva.example';

test.each([
  ['nothing', {}, 'spf', 'missing', 'v=spf1 include:amazonses.com ~all'],
  ['the provider', { [DOMAIN]: ['v=spf1 include:amazonses.com -all'] }, 'spf', 'ok', null],
  [
    'another provider',
    { [DOMAIN]: ['v=spf1 include:other.example -all'] },
    'spf',
    'wrong',
    'v=spf1 include:other.example include:amazonses.com -all',
  ],
  [
    'two records',
    { [DOMAIN]: ['v=spf1 a -all', 'v=spf1 mx ~all', 'google-site-verification=x'] },
    'spf',
    'wrong',
    'v=spf1 a mx ~all',
  ],
  ['a key', { [`s1._domainkey.${DOMAIN}`]: ['v=DKIM1; p=MIGf'] }, 'dkim', 'ok', null],
  ['no policy', {}, 'dmarc', 'missing', `v=DMARC1; p=none; rua=mailto:postmaster@${DOMAIN}`],
  ['a policy', { [`_dmarc.${DOMAIN}`]: ['v=DMARC1; p=reject'] }, 'dmarc', 'ok', null],
])('%s', async (_name, txt, kind, state, expected) => {
  expect(await stateOf(zone(txt as never), kind)).toEqual([state, expected]);
});

test('a revoked key is wrong, a missing one is named, and no guess is made without a selector', async () => {
  expect((await stateOf(zone({ [`s1._domainkey.${DOMAIN}`]: ['v=DKIM1; p='] }), 'dkim'))[0]).toBe('wrong');
  expect((await stateOf(zone({}), 'dkim'))[0]).toBe('missing');
  expect(await stateOf(zone({}), 'dkim', { spfInclude: null as never, dkimSelectors: [] })).toEqual([
    'unknown',
    null,
  ]);
});

test('a DNS server that does not answer is told from a record that does not exist', async () => {
  const silent: DnsRecords = {
    ...zone({}),
    txt: () => Promise.reject(new Error('timeout')),
  };
  expect((await stateOf(silent, 'spf'))[0]).toBe('unknown');
});
