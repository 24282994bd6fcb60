/** A hub and machines around it, a network namespace each. What is cut goes nowhere, and nobody is told, as where a switch dies. */
import { addNamespace, command, removeStale } from '../network.ts';
import type { Scope } from '../processes.ts';

/** Bits of a network of two. */
const PREFIX = 30;

export interface Spoke {
  readonly namespace: string;
  /** Address of the hub, as it is seen from there. */
  readonly hub: string;
  cut(): void;
  heal(): void;
}

export interface Hub {
  readonly namespace: string;
  readonly spokes: readonly Spoke[];
}

export function createHub(scope: Scope, spokes: number): Hub {
  removeStale();
  const hub = addNamespace(scope, 'hub');
  command('ip', '-n', hub, 'link', 'set', 'lo', 'up');
  return { namespace: hub, spokes: Array.from({ length: spokes }, (_, index) => spokeOf(scope, hub, index)) };
}

function spokeOf(scope: Scope, hub: string, index: number): Spoke {
  const namespace = addNamespace(scope, `spoke${index}`);
  // TEST-NET-1 (RFC 5737): in nobody's use, and visible in our namespaces only.
  const [near, far] = [`192.0.2.${4 * index + 1}`, `192.0.2.${4 * index + 2}`];
  command('ip', 'link', 'add', `spoke${index}`, 'netns', hub, 'type', 'veth', 'peer', 'name', 'hub', 'netns', namespace);
  for (const [where, device, address] of [[hub, `spoke${index}`, near], [namespace, 'hub', far]] as const) {
    command('ip', '-n', where, 'address', 'add', `${address}/${PREFIX}`, 'dev', device);
    command('ip', '-n', where, 'link', 'set', device, 'up');
  }
  command('ip', '-n', namespace, 'link', 'set', 'lo', 'up');
  const route = (verb: 'add' | 'delete'): void => void command('ip', '-n', hub, 'route', verb, 'blackhole', `${far}/32`);
  return { namespace, hub: near, cut: () => route('add'), heal: () => route('delete') };
}
