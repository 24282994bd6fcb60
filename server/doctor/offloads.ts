// What an interface takes off the processor, and which of that is off.
import type { InterfaceFacts } from './facts.ts';

interface OffloadRow {
  readonly key: 'checksum' | 'scatterGather' | 'segmentation';
  readonly name: string;
  /** What `ethtool -K` calls it. */
  readonly feature: string;
}

export const offloadRows: readonly OffloadRow[] = [
  { key: 'checksum', name: 'TX checksum', feature: 'tx' },
  { key: 'scatterGather', name: 'scatter-gather', feature: 'sg' },
  { key: 'segmentation', name: 'TSO', feature: 'tso' },
];

/** Without these a page that sendfile hands over is read, or copied, by the processor after all. */
const needed = offloadRows.slice(0, 2);

/** 5–8 Gb/s at 1.0–1.2 CPU s/GB instead of 15–20 Gb/s at 0.30–0.43: 1 MiB answers over a veth pair. */
export const OFFLOADS_OFF_COST = 'large answers cost about 3 times the CPU';

export function offloadsOff(found: InterfaceFacts, rows: readonly OffloadRow[] = needed): readonly OffloadRow[] {
  return rows.filter(({ key }) => found[key].state === 0);
}

/** The command that turns them on, or why there is none. */
export function offloadCure(found: InterfaceFacts, off: readonly OffloadRow[]): string {
  const changeable = off.filter(({ key }) => !found[key].fixed);
  if (changeable.length === 0) return 'its driver cannot';
  return `ethtool -K ${found.name} ${changeable.map(({ feature }) => `${feature} on`).join(' ')}`;
}

const EVERYWHERE = new Set(['::', '0.0.0.0']);

/** Those over which a server at these addresses (numeric) is reached from other machines. */
export function servingInterfaces(interfaces: readonly InterfaceFacts[], hosts: readonly string[]): readonly InterfaceFacts[] {
  const everywhere = hosts.some((host) => EVERYWHERE.has(host));
  return interfaces.filter(({ kind, addresses }) => kind !== 'loopback' && addresses.some((address) => everywhere || hosts.includes(address)));
}

/** One line for each interface on which sendfile is worth less than it could be. Those without an address, and loopback, serve nobody. */
export function offloadWarnings(interfaces: readonly InterfaceFacts[]): string[] {
  const warnings: string[] = [];
  for (const each of interfaces) {
    const off = offloadsOff(each);
    if (each.kind === 'loopback' || each.addresses.length === 0 || off.length === 0) continue;
    const names = off.map(({ name, key }) => (key === 'checksum' ? `${name} offload` : name)).join(' and ');
    warnings.push(`${each.name}: ${names} ${off.length === 1 ? 'is' : 'are'} off: ${OFFLOADS_OFF_COST}; ${offloadCure(each, off)}`);
  }
  return warnings;
}
