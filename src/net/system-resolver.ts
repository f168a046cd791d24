import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { DnsError } from './dns-lookup.ts';
import { plainHost } from './egress-guard.ts';
import { unlessAborted, type Resolver } from './resolver.ts';

/**
 * Resolves the hosts of the operator's settings as every other program of the machine does: search domains (`mail` in
 * Kubernetes), mDNS and the hosts file apply. It runs on libuv's threads, so it is for a few connections only;
 * `makeResolver` is for those whose number customers decide.
 */
export const systemResolver: Resolver = {
  async resolve(host, signal) {
    const name = plainHost(host);
    if (isIP(name)) return [name];
    const found = lookup(name, { all: true, verbatim: false }).catch((error: NodeJS.ErrnoException) => {
      throw new DnsError(error.code === 'ENOTFOUND' ? 'not_found' : 'failed', explain(error));
    });
    return (await unlessAborted(found, signal)).map(({ address }) => address);
  },
};

function explain({ code = 'unknown' }: NodeJS.ErrnoException): string {
  return code === 'ENOTFOUND' ? 'the name has no address' : `the system cannot resolve the name (${code})`;
}
