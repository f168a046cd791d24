import { domainToASCII } from 'node:url';
import type { DnsRecords } from '../../net/dns-records.ts';
import type { EmailDns } from './email-provider.ts';

/** One record that the domain of a sender needs. */
export interface DomainRecord {
  kind: 'spf' | 'dkim' | 'dmarc' | 'mx';
  /** `unknown`: no DNS server answered, or the provider alone knows the record. */
  state: 'ok' | 'missing' | 'wrong' | 'unknown';
  /** The name of the record. */
  name: string;
  type: 'TXT' | 'MX' | 'CNAME';
  /** What was found; null if there is nothing. */
  found: string | null;
  /** The exact record to add or to change it to; null if nothing is to be done. */
  expected: string | null;
  /** For people. */
  message: string;
}

/** Selectors that mail systems use most; a key under one of them shows that DKIM is set up. */
const USUAL_SELECTORS = [
  'default',
  'dkim',
  'mail',
  'google',
  'selector1',
  'selector2',
  's1',
  's2',
  'k1',
  'pm',
];

/**
 * Checks what mails of a domain need to be accepted: SPF, DKIM, DMARC, and MX for answers.
 * @param dns what the provider needs
 * @param selector a DKIM selector that a person named
 */
export async function checkDomain(
  records: DnsRecords,
  address: string,
  dns: EmailDns,
  selector: string | null,
): Promise<DomainRecord[]> {
  const domain = domainToASCII(address.slice(address.lastIndexOf('@') + 1));
  return Promise.all([
    guarded(() => checkSpf(records, domain, dns.spfInclude), blank('spf', domain, 'TXT')),
    guarded(() => checkDkim(records, domain, selector === null ? dns.dkimSelectors : [selector]), {
      ...blank('dkim', `${selector ?? 'selector'}._domainkey.${domain}`, 'TXT'),
    }),
    guarded(() => checkDmarc(records, domain), blank('dmarc', `_dmarc.${domain}`, 'TXT')),
    guarded(() => checkMx(records, domain), blank('mx', domain, 'MX')),
  ]);
}

function blank(kind: DomainRecord['kind'], name: string, type: DomainRecord['type']): DomainRecord {
  return {
    kind,
    state: 'unknown',
    name,
    type,
    found: null,
    expected: null,
    message: 'No DNS server answered.',
  };
}

async function guarded(check: () => Promise<DomainRecord>, otherwise: DomainRecord): Promise<DomainRecord> {
  try {
    return await check();
  } catch {
    return otherwise;
  }
}

async function checkSpf(records: DnsRecords, domain: string, include: string | null): Promise<DomainRecord> {
  const base = blank('spf', domain, 'TXT');
  const all = (await records.txt(domain)).filter((text) => /^v=spf1(\s|$)/i.test(text));
  const wanted = include ?? 'a mx';
  if (all.length > 1)
    return {
      ...base,
      state: 'wrong',
      found: all.join(' | '),
      expected: merged(all),
      message: 'There are several SPF records, so none counts. Merge them into one.',
    };
  const [found] = all;
  if (found === undefined)
    return {
      ...base,
      state: 'missing',
      expected: `v=spf1 ${wanted} ~all`,
      message: 'Add an SPF record: it says which servers send for the domain.',
    };
  if (include === null || found.toLowerCase().includes(include.toLowerCase()))
    return { ...base, state: 'ok', found, message: 'The domain has an SPF record.' };
  return {
    ...base,
    state: 'wrong',
    found,
    expected: withMechanism(found, include),
    message: `The SPF record does not include the provider: add ${include}.`,
  };
}

/** Before the final `all`, which ends the reading. */
function withMechanism(record: string, mechanism: string): string {
  const parts = record.trim().split(/\s+/);
  const end = parts.findIndex((part) => /^[+?~-]?all$/i.test(part));
  parts.splice(end < 0 ? parts.length : end, 0, mechanism);
  return parts.join(' ');
}

function merged(all: readonly string[]): string {
  const parts = all.flatMap((record) => record.trim().split(/\s+/).slice(1));
  const mechanisms = parts.filter((part) => !/^[+?~-]?all$/i.test(part));
  return ['v=spf1', ...new Set(mechanisms), '~all'].join(' ');
}

async function checkDkim(
  records: DnsRecords,
  domain: string,
  selectors: readonly string[],
): Promise<DomainRecord> {
  const tried = selectors.length > 0 ? selectors : USUAL_SELECTORS;
  const found = await Promise.all(
    tried.map(async (selector) => {
      const name = `${selector}._domainkey.${domain}`;
      const key = (await records.txt(name)).find((text) => /(^|;)\s*p=/i.test(text));
      return key === undefined ? null : { name, key };
    }),
  );
  const base = blank('dkim', `${tried[0]!}._domainkey.${domain}`, 'TXT');
  const key = found.find((item) => item !== null);
  if (!key)
    return {
      ...base,
      state: selectors.length > 0 ? 'missing' : 'unknown',
      expected:
        selectors.length > 0 ? 'v=DKIM1; k=rsa; p=<the public key that your mail provider shows>' : null,
      message:
        selectors.length > 0
          ? 'The key of this selector is missing. Add the record that your mail provider shows.'
          : 'No key was found under the usual selectors. Your mail provider shows the selector: check it with ?selector=.',
    };
  const isRevoked = /(^|;)\s*p=\s*(;|$)/i.test(key.key);
  return {
    ...base,
    name: key.name,
    state: isRevoked ? 'wrong' : 'ok',
    found: key.key.slice(0, 500),
    expected: isRevoked ? 'v=DKIM1; k=rsa; p=<the public key that your mail provider shows>' : null,
    message: isRevoked ? 'The key is revoked: p= is empty.' : 'The domain has a DKIM key.',
  };
}

async function checkDmarc(records: DnsRecords, domain: string): Promise<DomainRecord> {
  const base = blank('dmarc', `_dmarc.${domain}`, 'TXT');
  const found = (await records.txt(base.name)).find((text) => /^v=DMARC1(\s*;|$)/i.test(text));
  if (found === undefined)
    return {
      ...base,
      state: 'missing',
      expected: `v=DMARC1; p=none; rua=mailto:postmaster@${domain}`,
      message: 'Add a DMARC record: large mailbox providers require one.',
    };
  if (/;\s*p\s*=\s*(none|quarantine|reject)\b/i.test(found))
    return { ...base, state: 'ok', found, message: 'The domain has a DMARC policy.' };
  return {
    ...base,
    state: 'wrong',
    found,
    expected: `v=DMARC1; p=none; rua=mailto:postmaster@${domain}`,
    message: 'The DMARC record has no policy.',
  };
}

async function checkMx(records: DnsRecords, domain: string): Promise<DomainRecord> {
  const base = blank('mx', domain, 'MX');
  const hosts = await records.mx(domain);
  if (hosts.length > 0)
    return { ...base, state: 'ok', found: hosts.join(', '), message: 'The domain receives mail.' };
  return {
    ...base,
    state: 'missing',
    expected: `10 <the mail server of ${domain}>`,
    message: 'The domain has no mail server: answers and bounces are lost.',
  };
}
