// The interfaces that are up, with what kind of thing each is.
import { existsSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { native } from '../../../native/index.ts';
import type { InterfaceProbe } from '../../../native/probes.ts';
import type { InterfaceFacts, InterfaceKind } from '../facts.ts';

/** Names by which drivers answer ETHTOOL_GDRVINFO. */
const kindOfDriver: Readonly<Record<string, InterfaceKind>> = {
  'veth': 'veth',
  'virtio_net': 'virtio',
  'vmxnet3': 'paravirtual', 'hv_netvsc': 'paravirtual', 'vif': 'paravirtual', 'xen_netfront': 'paravirtual',
  'bridge': 'bridge', 'openvswitch': 'bridge',
  'bonding': 'stacked', 'team': 'stacked', '802.1Q VLAN Support': 'stacked', 'macvlan': 'stacked', 'ipvlan': 'stacked',
  'tun': 'tunnel', 'wireguard': 'tunnel', 'vxlan': 'tunnel', 'geneve': 'tunnel',
};

/** @param hasDevice /sys/class/net/NAME/device exists: there is hardware, or what a hypervisor shows as such. */
export function kindOf(probe: Pick<InterfaceProbe, 'loopback' | 'driver'>, hasDevice: boolean): InterfaceKind {
  if (probe.loopback) return 'loopback';
  return kindOfDriver[probe.driver] ?? (hasDevice ? 'physical' : 'virtual');
}

/** Those that are up, or -errno. */
export function gatherInterfaces(): readonly InterfaceFacts[] | number {
  const probes = native.listInterfaces();
  if (typeof probes === 'number') return probes;
  const addresses = networkInterfaces();
  return probes.filter(({ up }) => up).map((probe) => ({
    ...probe,
    kind: kindOf(probe, existsSync(`/sys/class/net/${probe.name}/device`)),
    addresses: (addresses[probe.name] ?? []).map(({ address }) => address),
  }));
}
