import { BlockList, isIP, isIPv6 } from 'node:net';

/** Exchange Online Protection and Safe Links (Microsoft 365 endpoints, ids 9 and 10). */
const MICROSOFT = blockList([
  '40.92.0.0/15',
  '40.94.0.0/16',
  '40.107.0.0/16',
  '52.100.0.0/14',
  '104.47.0.0/17',
  '2a01:111:f400::/48',
  '2a01:111:f403::/48',
]);

/**
 * Networks of Apple and of the relays behind Mail Privacy Protection.
 *
 * Apple documents the addresses of iCloud Private Relay alone: https://mask-api.icloud.com/egress-ip-ranges.csv, 280,000
 * prefixes of Akamai, Cloudflare and Fastly. That Mail loads pictures through the same relays was observed by others
 * (https://wordtothewise.com/2021/09/apple-mpp-reporting-and-geolocation/), and is not documented. So these are the larger
 * ranges of those prefixes, and count only together with the user agent of Mail: Cloudflare's are also those of WARP, and
 * Safari uses the relays when a person clicks. 172.232.0.0/13 is Akamai's too, and is left out: servers of Linode.
 */
const APPLE = blockList([
  '17.0.0.0/8',
  '104.28.0.0/16',
  '140.248.0.0/16',
  '146.75.0.0/16',
  '172.224.0.0/13',
  '2606:54c0::/32',
  '2a02:26f7::/32',
  '2a04:4e41::/32',
  '2a09:bac0::/29',
]);

/** @param address an IP address; IPv4 in IPv6 is looked up as IPv4 */
export function isMicrosoftScanner(address: string): boolean {
  return contains(MICROSOFT, address);
}

export function isAppleRelay(address: string): boolean {
  return contains(APPLE, address);
}

function contains(list: BlockList, address: string): boolean {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  if (isIP(plain) === 0) return false;
  return list.check(plain, isIPv6(plain) ? 'ipv6' : 'ipv4');
}

function blockList(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [network = '', bits = ''] = range.split('/');
    list.addSubnet(network, Number(bits), isIPv6(network) ? 'ipv6' : 'ipv4');
  }
  return list;
}
