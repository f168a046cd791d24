// Preloaded by a server whose names never resolve: every DNS query goes to PERF_DNS, where a socket receives it
// and never responds.
import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';

const silent = /** @type {string} */ (process.env['PERF_DNS']);

dns.Resolver = class extends dns.Resolver {
  constructor(/** @type {dns.ResolverOptions} */ options) {
    super(options);
    this.setServers([silent]);
  }
};
syncBuiltinESMExports();
