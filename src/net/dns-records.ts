import { Resolver } from 'node:dns/promises';

/** Records of a name that are no addresses. */
export interface DnsRecords {
  /** Each record as one text; empty if there are none. Throws if no server answers. */
  txt(name: string): Promise<string[]>;
  /** Host names of mail servers, the preferred first; empty if there are none. Throws if no server answers. */
  mx(name: string): Promise<string[]>;
  /** The names of an alias; empty if there are none. */
  cname(name: string): Promise<string[]>;
}

const TRY_MS = 2_000;
const TRIES = 2;
const NONE = new Set(['ENODATA', 'ENOTFOUND', 'NXDOMAIN']);
/** Names of DKIM keys have labels that begin with `_`. */
const NAME = /^(?=.{1,253}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})+$/i;

/** @param servers `address` or `address:port` of each server; the system's servers if left out */
export function makeDnsRecords({ servers }: { servers?: readonly string[] } = {}): DnsRecords {
  const resolver = new Resolver({ timeout: TRY_MS, tries: TRIES });
  if (servers) resolver.setServers(servers);

  async function found<T>(name: string, look: () => Promise<T[]>): Promise<T[]> {
    if (!NAME.test(name)) return [];
    try {
      return await look();
    } catch (error) {
      if (NONE.has((error as { code?: string }).code ?? '')) return [];
      throw error;
    }
  }

  return {
    txt: async (name) => (await found(name, () => resolver.resolveTxt(name))).map((parts) => parts.join('')),
    async mx(name) {
      const records = await found(name, () => resolver.resolveMx(name));
      return records.toSorted((a, b) => a.priority - b.priority).map(({ exchange }) => exchange);
    },
    cname: (name) => found(name, () => resolver.resolveCname(name)),
  };
}
