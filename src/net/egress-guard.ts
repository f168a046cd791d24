import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import ipaddr from 'ipaddr.js';

/**
 * Decides which addresses may be dialled. Customers choose webhook URLs: without this, anyone who may add a webhook
 * could reach whatever this machine can reach.
 */
export interface Guard {
  /**
   * Why an address is refused, in words that follow "points to" ("a loopback address"), or null if it may be dialled.
   * Only public unicast and the operator's ranges are allowed; this server's own listener never is.
   * @param address as DNS or a URL has it; an IPv6 address without brackets
   */
  refuses(address: string, port: number): string | null;
  /** True if one of the operator's ranges contains the address; plain HTTP is allowed only there. */
  allowsPrivate(address: string): boolean;
  /** True if the operator opened any range at all. */
  readonly opensAny: boolean;
}

/** An address and port that this process listens on; 0.0.0.0 and :: mean every local address. */
export interface Listener {
  address: string;
  port: number;
}

/**
 * @param options.allow CIDRs that are open although they are not public (FAIRLEAD_EGRESS_ALLOW)
 * @param options.own this server's listeners, read each time: the port is known only once the server is up
 */
export function makeGuard(options: { allow: readonly string[]; own: () => readonly Listener[] }): Guard {
  const open = options.allow.map((range) => ipaddr.parseCIDR(range));
  const isOpen = (address: Address) =>
    open.some(([start, bits]) => start.kind() === address.kind() && address.match(start, bits));

  return {
    opensAny: open.length > 0,

    refuses(text, port) {
      const parsed = parse(text);
      if (!parsed) return 'something that is not an IP address';
      const { address, mapped } = parsed;
      if (options.own().some((own) => own.port === port && isOwn(address, own))) {
        return "this server's own address";
      }
      if (isOpen(address)) return null;
      return mapped ? 'an IPv4 address written as IPv6' : notPublic(address);
    },

    allowsPrivate(text) {
      const parsed = parse(text);
      return parsed !== null && isOpen(parsed.address);
    },
  };
}

/**
 * The guard for hosts of the operator's settings, such as the mail server: they may be private, by plain TCP. Refused
 * are only addresses where no such server can be: cloud metadata, multicast, broadcast, this server's own listener.
 */
export function makeOperatorGuard(options: { own: () => readonly Listener[] }): Guard {
  return {
    opensAny: true,
    allowsPrivate: () => true,
    refuses(text, port) {
      const parsed = parse(text);
      if (!parsed) return 'something that is not an IP address';
      const { address } = parsed;
      if (options.own().some((own) => own.port === port && isOwn(address, own)))
        return "this server's own address";
      if (METADATA.has(address.toString())) return KINDS['metadata']!;
      const range = address.range();
      return range === 'multicast' || range === 'broadcast' ? KINDS[range]! : null;
    },
  };
}

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** Reads an address; an IPv4-mapped one (`::ffff:10.0.0.1`) becomes the IPv4 address that it dials. */
function parse(text: string): { address: Address; mapped: boolean } | null {
  // ipaddr.js also reads 0177.1 and 0x7f.1, and every library reads them differently: only the plain forms are
  // accepted. A zone (`fe80::1%eth0`) names an interface of this machine, which no receiver has.
  if (isIP(text) === 0 || text.includes('%')) return null;
  const address = ipaddr.parse(hexadecimal(text));
  if (address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress()) {
    return { address: address.toIPv4Address(), mapped: true };
  }
  return { address, mapped: false };
}

/**
 * ipaddr.js reads `::127.0.0.1` as `::ffff:127.0.0.1`, and the kernel does not: another address would be checked than
 * dialled. The host of a URL is always written in hexadecimal.
 */
function hexadecimal(address: string): string {
  return address.includes(':') ? new URL(`http://[${address}]/`).hostname.slice(1, -1) : address;
}

/** True if two texts mean one address, such as `::ffff:10.0.0.1` and `10.0.0.1`. */
export function sameAddress(a: string, b: string): boolean {
  return a === b || (parse(a)?.address.toString() ?? a) === (parse(b)?.address.toString() ?? b);
}

/** Addresses outside the special ranges at which clouds hand out credentials (the last is Azure's). */
const METADATA = new Set(['169.254.169.254', '100.100.100.200', 'fd00:ec2::254', '168.63.129.16']);

const KINDS: Record<string, string> = {
  metadata: 'a cloud metadata address',
  unspecified: 'an unspecified address',
  broadcast: 'a broadcast address',
  multicast: 'a multicast address',
  linkLocal: 'a link-local address',
  loopback: 'a loopback address',
  carrierGradeNat: 'an address of carrier-grade NAT',
  private: 'a private address',
  uniqueLocal: 'a private address',
  rfc6052: 'an IPv4 address behind NAT64',
  '6to4': 'an IPv4 address behind 6to4',
  teredo: 'an IPv4 address behind Teredo',
};

/** Says what an address is if it is not public unicast. An unknown range is refused too. */
function notPublic(address: Address): string | null {
  if (METADATA.has(address.toString())) return KINDS['metadata']!;
  const range = address.range();
  if (range !== 'unicast') return KINDS[range] ?? 'a reserved address';
  if (address instanceof ipaddr.IPv4) return null;
  // Only 2000::/3 was ever allocated; everything else, such as ::127.0.0.1, is reserved.
  if (!address.match(ipaddr.IPv6.parse('2000::'), 3)) return 'a reserved address';
  const inner = isatap(address);
  return inner && notPublic(inner) ? 'an IPv4 address behind ISATAP' : null;
}

/** The IPv4 address that an ISATAP address carries in its last 32 bits (RFC 5214, 6.1). */
function isatap(address: ipaddr.IPv6): ipaddr.IPv4 | null {
  const [, , , , universal, marker, high, low] = address.parts;
  if ((universal !== 0 && universal !== 0x200) || marker !== 0x5efe) return null;
  return new ipaddr.IPv4([high! >> 8, high! & 255, low! >> 8, low! & 255]);
}

function isOwn(address: Address, own: Listener): boolean {
  // Dialling 0.0.0.0 or :: reaches this machine, whatever the server is bound to.
  if (address.range() === 'unspecified') return true;
  const listener = parse(own.address)?.address;
  if (!listener) return false;
  if (listener.range() !== 'unspecified') return sameAddress(own.address, address.toString());
  return address.range() === 'loopback' || isLocal(address);
}

function isLocal(address: Address): boolean {
  const text = address.toString();
  return Object.values(networkInterfaces()).some((list) =>
    list?.some((item) => sameAddress(item.address, text)),
  );
}

/**
 * Checks a webhook's URL when it is saved: its form, and its address if it has one. What a name resolves to is
 * checked at every connect instead, since it may change.
 * @returns what is wrong and what would be right, to follow the field's name, or null
 */
export function urlProblem(url: string, guard: Guard): string | null {
  const shape = shapeProblem(url);
  if (shape) return shape;
  const { protocol, hostname, port } = new URL(url);
  const host = plainHost(hostname);
  if (protocol === 'http:' && !(isIP(host) ? guard.allowsPrivate(host) : guard.opensAny)) {
    return 'must start with https://; plain http is for ranges that the operator opened (FAIRLEAD_EGRESS_ALLOW)';
  }
  const addresses = isLocalhost(host) ? ['127.0.0.1', '::1'] : [host];
  if (addresses.every((address) => isIP(address))) {
    const dialled = port ? Number(port) : protocol === 'http:' ? 80 : 443;
    const refusals = addresses.map((address) => guard.refuses(address, dialled));
    return refusals.includes(null) ? null : `points to ${refusals[0]}; it must be a public address`;
  }
  return nameProblem(host, guard);
}

const MAX_URL_LENGTH = 2048;

function shapeProblem(url: string): string | null {
  if (url.length > MAX_URL_LENGTH)
    return `is ${url.length} characters long; at most ${MAX_URL_LENGTH} are allowed`;
  if (!/^https?:\/\//i.test(url)) return 'must start with https://';
  // The URL parser drops or rewrites these, so the parsed address is not the one that was written.
  if (/[\s\p{Cc}\\]/u.test(url)) return 'has a space, a control character or a backslash; write it without';
  if (!URL.canParse(url)) return 'is not a URL; it should look like https://example.com/hooks';
  const authority = /^https?:\/\/([^/?#]*)/i.exec(url)?.[1] ?? '';
  if (authority.includes('@')) return 'has a user name or password; send those in a custom header instead';
  if (url.includes('#')) return 'has a fragment (#…), which is never sent; leave it out';
  return new URL(url).port === '0' ? 'has port 0; name a port from 1 to 65535 or none' : null;
}

function nameProblem(host: string, guard: Guard): string | null {
  if (host.length > 253 || !/^[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$/.test(host)) {
    return 'has a host that is not a name; it should look like hooks.example.com';
  }
  if (!host.includes('.') && !guard.opensAny) {
    return 'has a host without a domain; it must be a public name such as hooks.example.com';
  }
  return null;
}

/** A URL's host in the form for DNS and sockets: no brackets, no final dot, lower case. */
export function plainHost(hostname: string): string {
  if (hostname.startsWith('[')) return hostname.slice(1, -1);
  return hostname.toLowerCase().replace(/\.$/, '');
}

/** `localhost` and the names under it mean this machine and are never looked up (RFC 6761, 6.3). */
export function isLocalhost(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost');
}
