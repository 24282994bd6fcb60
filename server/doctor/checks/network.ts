// What each interface takes off the processor, and how far our pages go on it without a copy.
import { errorName, limited, missing, ok, unknown, type Check, type Verdict } from '../check.ts';
import type { Facts, InterfaceFacts, InterfaceKind } from '../facts.ts';
import { offloadCure, offloadRows, OFFLOADS_OFF_COST, offloadsOff } from '../offloads.ts';

interface KindRow {
  readonly name: string;
  /** Where a page that sendfile handed over is copied, or consumed. */
  readonly zeroCopyEnds: string;
}

const kinds: Readonly<Record<InterfaceKind, KindRow>> = {
  loopback: { name: 'loopback', zeroCopyEnds: 'the receiver holds our pages until it has read them' },
  veth: { name: 'veth', zeroCopyEnds: 'our pages go on into the peer namespace, whose receiver holds them until it has read them' },
  virtio: { name: 'virtio', zeroCopyEnds: 'zero copy ends at the host boundary: what the host does with our pages is out of our sight' },
  paravirtual: { name: 'paravirtual', zeroCopyEnds: 'zero copy ends at the host boundary: what the host does with our pages is out of our sight' },
  bridge: { name: 'bridge', zeroCopyEnds: 'our pages go on to its ports, and may stay on this host' },
  stacked: { name: 'stacked', zeroCopyEnds: 'our pages go on to the interface below' },
  tunnel: { name: 'tunnel', zeroCopyEnds: 'zero copy ends here: packets are copied out of it, or sealed' },
  physical: { name: 'physical', zeroCopyEnds: 'the card reads our pages itself: no copy on this host' },
  virtual: { name: 'virtual', zeroCopyEnds: 'not known to us: taken for a peer on this host' },
};

function stateText(found: InterfaceFacts): string {
  const words = offloadRows.map(({ key, name }) => {
    const { state, fixed } = found[key];
    if (state < 0) return `${name} not told (${errorName(state)})`;
    return `${name} ${state === 1 ? 'on' : 'off'}${state === 0 && fixed ? ' [fixed]' : ''}`;
  });
  return words.join(', ');
}

function judgeInterface(found: InterfaceFacts): Verdict {
  const kind = kinds[found.kind];
  const driver = found.driver === '' || found.driver === kind.name ? '' : ` (${found.driver})`;
  const bare = found.addresses.length === 0 ? ', without an address' : '';
  const text = `${kind.name}${driver}${bare}: ${stateText(found)}; ${kind.zeroCopyEnds}`;
  const off = offloadsOff(found);
  if (off.length > 0) return (off.length === 1 ? limited : missing)(text, { cure: offloadCure(found, offloadsOff(found, offloadRows)) });
  if (offloadRows.some(({ key }) => found[key].state < 0)) return unknown(text);
  const cutByUs = offloadsOff(found, offloadRows);
  if (cutByUs.length === 0) return ok(text);
  return limited(text, { cost: 'segments are cut by the processor, just before the driver', cure: offloadCure(found, cutByUs) });
}

/** A check for each interface that is up. */
export function networkChecks({ interfaces }: Facts): readonly Check[] {
  if (typeof interfaces === 'number') {
    return [{ name: 'interfaces', cost: 'whether checksums are offloaded is not known', cure: 'allow AF_UNIX and AF_NETLINK sockets', judge: () => unknown(`cannot be listed (${errorName(interfaces)})`) }];
  }
  return interfaces.map((each) => ({ name: each.name, cost: OFFLOADS_OFF_COST, cure: 'ask the driver: ethtool -k', judge: () => judgeInterface(each) }));
}
