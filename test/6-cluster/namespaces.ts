// A hub and machines around it, each in a network namespace of its own: hosts on one machine, for who is root. What is cut goes nowhere,
// and nobody is told (a blackhole route at the hub), as where a switch dies.
import { spawnSync } from 'node:child_process';
import type { Test } from 'tap';

export interface Spoke {
  /** Words before a command that is to run there. */
  readonly before: readonly string[];
  /** Of the hub, as it is seen from there. */
  readonly hub: string;
  cut(): void;
  heal(): void;
}

export interface Hub {
  readonly before: readonly string[];
  readonly spokes: readonly Spoke[];
}

/** Why there can be none; false: there can. For `skip`. */
export function withoutNamespaces(): string | false {
  if (process.getuid?.() !== 0) return 'network namespaces are root’s';
  const name = `pagecast-probe-${process.pid}`;
  if (spawnSync('ip', ['netns', 'add', name]).status !== 0) return 'no network namespace can be made (ip netns add)';
  const { status } = spawnSync('ip', ['-n', name, 'link', 'add', 'one', 'type', 'veth', 'peer', 'name', 'two']);
  ip('netns', 'delete', name);
  return status !== 0 && 'no pair of devices can be made (veth)';
}

/** Gone with its test. */
export function hubWith(t: Test, spokes: number): Hub {
  const name = (role: string): string => `pagecast-test-${process.pid}-${role}`;
  const hub = namespace(t, name('hub'));
  return {
    before: ['ip', 'netns', 'exec', hub],
    spokes: Array.from({ length: spokes }, (_, i) => {
      const spoke = namespace(t, name(`spoke${i}`));
      // TEST-NET-1 (RFC 5737): in nobody's use, and seen in our namespaces alone.
      const [near, far] = [`192.0.2.${4 * i + 1}`, `192.0.2.${4 * i + 2}`];
      ip('link', 'add', `spoke${i}`, 'netns', hub, 'type', 'veth', 'peer', 'name', 'hub', 'netns', spoke);
      for (const [where, device, address] of [[hub, `spoke${i}`, near], [spoke, 'hub', far]] as const) {
        ip('-n', where, 'address', 'add', `${address}/30`, 'dev', device);
        ip('-n', where, 'link', 'set', device, 'up');
        ip('-n', where, 'link', 'set', 'lo', 'up');
      }
      return {
        before: ['ip', 'netns', 'exec', spoke], hub: near,
        cut: () => ip('-n', hub, 'route', 'add', 'blackhole', `${far}/32`),
        heal: () => ip('-n', hub, 'route', 'delete', 'blackhole', `${far}/32`),
      };
    }),
  };
}

function namespace(t: Test, name: string): string {
  ip('netns', 'add', name);
  t.teardown(() => ip('netns', 'delete', name));
  return name;
}

function ip(...words: readonly string[]): void {
  const { status, stderr, error } = spawnSync('ip', words, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`ip ${words.join(' ')}: ${error?.message ?? stderr.trim()}`);
}
