/** The default route of this host, from /proc/net/route and /proc/net/ipv6_route: proc_pid_net(5), route(8). */
import { readFile } from 'node:fs/promises';

/** RTF_UP and RTF_REJECT of <linux/route.h>: the route works, and it leads nowhere. */
const isUp = 0x1;
const rejects = 0x200;

interface DefaultRoute {
  interface: string;
  metric: number;
}

/** Whether packets leave by a route with these flags, which are hexadecimal. */
const isUsable = (flags = ''): boolean => (Number.parseInt(flags, 16) & (isUp | rejects)) === isUp;

const rowsOf = (text: string): string[][] => text.split('\n').map((line) => line.trim().split(/\s+/));

/** Columns: interface, destination, gateway, flags, references, uses, metric (decimal), mask, ... */
function parseIpv4(text: string): DefaultRoute[] {
  return rowsOf(text)
    .filter(
      ([, destination, , flags, , , , mask]) => destination === '00000000' && mask === '00000000' && isUsable(flags),
    )
    .map(([name = '', , , , , , metric]) => ({ interface: name, metric: Number(metric) }));
}

/** Columns: destination, prefix length, source, prefix length, next hop, metric (hexadecimal), two counters, flags, interface. */
function parseIpv6(text: string): DefaultRoute[] {
  return rowsOf(text)
    .filter(
      ([destination = '', length, , , , , , , flags]) =>
        /^0{32}$/.test(destination) && length === '00' && isUsable(flags),
    )
    .map(([, , , , , metric = '', , , , name = '']) => ({ interface: name, metric: Number.parseInt(metric, 16) }));
}

/**
 * The interface of the default route with the lowest metric, IPv4 before IPv6, from the texts of /proc/net/route and
 * /proc/net/ipv6_route. Undefined where there is no default route.
 */
export function defaultInterface(ipv4: string, ipv6: string): string | undefined {
  const [first] = [...parseIpv4(ipv4), ...parseIpv6(ipv6)].sort((a, b) => a.metric - b.metric);
  return first?.interface;
}

/** The interface of this host's default route; undefined where there is none. */
export async function findDefaultInterface(): Promise<string | undefined> {
  const read = (path: string) => readFile(path, 'latin1').catch(() => '');
  return defaultInterface(await read('/proc/net/route'), await read('/proc/net/ipv6_route'));
}
