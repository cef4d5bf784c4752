import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultInterface } from '../../src/host/network.ts';

const heading = 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n';
const ipv4 = (name: string, metric: number, { to = '00000000', mask = '00000000', flags = '0003' } = {}) =>
  `${name}\t${to}\t0100A8C0\t${flags}\t0\t0\t${metric}\t${mask}\t0\t0\t0  \n`;
const zero = '0'.repeat(32);
const ipv6 = (name: string, metric: string, { to = zero, length = '00', flags = '00000003' } = {}) =>
  `${to} ${length} ${zero} 00 fe800000000000000000000000000001 ${metric} 00000002 00000000 ${flags} ${name.padStart(8)}\n`;
/** The kernel has one of these on every host with IPv6. */
const unreachable = ipv6('lo', 'ffffffff', { flags: '00200200' });

test('of several default routes the one with the lowest metric counts', () => {
  assert.equal(defaultInterface(heading + ipv4('wlan0', 600) + ipv4('eth0', 100), unreachable), 'eth0');
});

test('a route to one network is no default route', () => {
  const local = ipv4('eth1', 0, { to: '0000A8C0', mask: '00FFFFFF' });
  const half = ipv4('tun0', 0, { mask: '00000080' });
  assert.equal(defaultInterface(heading + local + half + ipv4('eth0', 100), ''), 'eth0');
  assert.equal(defaultInterface(heading + local, unreachable), undefined);
});

test('a host with IPv6 alone has the interface of its IPv6 default route', () => {
  const network = ipv6('eth1', '00000100', { to: 'fd000000000000000000000000000000', length: '40' });
  assert.equal(defaultInterface(heading, network + unreachable + ipv6('eth0', '00000400')), 'eth0');
});

test('with equal metrics IPv4 comes first, and the metric of IPv6 is hexadecimal', () => {
  assert.equal(defaultInterface(heading + ipv4('eth4', 256), ipv6('eth6', '00000100')), 'eth4');
  assert.equal(defaultInterface(heading + ipv4('eth4', 600), ipv6('eth6', '00000100')), 'eth6');
});

test('a default route that is down or rejects everything does not count', () => {
  assert.equal(defaultInterface(heading + ipv4('eth0', 0, { flags: '0002' }), unreachable), undefined);
  assert.equal(defaultInterface(heading + ipv4('*', 0, { flags: '0201' }) + ipv4('eth0', 9), unreachable), 'eth0');
});

test('a host without routes, or without IPv6, has no default interface', () => {
  assert.equal(defaultInterface(heading, ''), undefined);
  assert.equal(defaultInterface('', ''), undefined);
});
