/** As in `co.uk`, `com.au`: domains of many owners. */
const SHARED = /^[a-z]{2,3}\.[a-z]{2}$/;

/**
 * Whether a URL is of the same service as the account, so that it may get the password: the same origin, or, by https, a
 * host of the same domain: iCloud has a host for each account.
 */
export function isSameService(url: string, accountUrl: string): boolean {
  const requested = new URL(url);
  const account = new URL(accountUrl);
  if (requested.origin === account.origin) return true;
  if (requested.protocol !== 'https:' || account.protocol !== 'https:') return false;
  // An IP address has no domain.
  if (!/[a-z]$/i.test(account.hostname)) return false;
  return requested.hostname.endsWith(`.${domainOf(account.hostname)}`);
}

/** `icloud.com` for `caldav.icloud.com` and itself; never a domain of many owners. */
function domainOf(host: string): string {
  const parent = host.slice(host.indexOf('.') + 1);
  return !parent.includes('.') || SHARED.test(parent) ? host : parent;
}
