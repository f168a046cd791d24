// Loaded first by a server whose names shall never resolve: every question goes to PERF_DNS, where a socket
// takes it and says nothing.
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
