/**
 * Two network namespaces with a veth pair between them: two hosts on one machine. Their names carry our pid, so that
 * those of a bench that was killed hard can be told from those of one that still runs.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Cores } from './cpu.ts';
import { findTool, type Scope } from './processes.ts';

const NAME_PREFIX = 'pagecast-bench';
const SERVER_DEVICE = 'bench-server';
const LOAD_DEVICE = 'bench-load';
// TEST-NET-1 (RFC 5737): in nobody's use, and visible in our namespaces only.
const SERVER_ADDRESS = '192.0.2.1';
const LOAD_ADDRESS = '192.0.2.2';

export interface Network {
  readonly serverNamespace: string;
  readonly loadNamespace: string;
  readonly serverAddress: string;
}

/** What the sending device does for the kernel, as `ethtool -k` shows it. */
export interface OffloadBits {
  readonly txChecksum: boolean;
  readonly scatterGather: boolean;
  readonly segmentation: boolean;
}

export function command(program: string, ...args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  if (status === 0) return stdout;
  throw new Error(`${program} ${args.join(' ')}: ${error?.message ?? stderr.trim()}`);
}

/** Why the namespaces cannot be made, or null. `tools`: those that are needed. */
export function networkObstacle(tools: readonly string[]): string | null {
  if (process.getuid?.() !== 0) return 'it needs root (network namespaces)';
  const absent = tools.find((tool) => findTool(tool) === null);
  return absent === undefined ? null : `${absent} is not installed`;
}

/** Deletes the namespaces of benches whose process is gone. */
export function removeStale(): void {
  for (const line of command('ip', 'netns', 'list').split('\n')) {
    const [name = ''] = line.split(' ');
    const match = new RegExp(`^${NAME_PREFIX}-(\\d+)-`).exec(name);
    if (match !== null && !existsSync(`/proc/${match[1] ?? ''}`)) command('ip', 'netns', 'delete', name);
  }
}

export function addNamespace(scope: Scope, role: string): string {
  const name = `${NAME_PREFIX}-${process.pid}-${role}`;
  command('ip', 'netns', 'add', name);
  // Deleting a namespace deletes its end of the pair, and so the pair.
  scope.defer(() => command('ip', 'netns', 'delete', name));
  return name;
}

/**
 * What arrives at a device is received on the core of its side. Without this a packet is received on the core that sent
 * it: the server's core would do the receiver's work, and ACKs would make the load's core do the server's.
 */
function steerReceiving(namespace: string, device: string, core: number): void {
  // A CPU mask in hexadecimal, in groups of 32 bits separated by commas.
  const mask = [(2 ** (core % 32)).toString(16), ...Array<string>(core >> 5).fill('00000000')].join(',');
  const path = `/sys/class/net/${device}/queues/rx-0/rps_cpus`;
  command('ip', 'netns', 'exec', namespace, 'sh', '-c', `echo ${mask} > ${path}`);
}

export function createNetwork(scope: Scope, cores: Cores): Network {
  removeStale();
  const serverNamespace = addNamespace(scope, 'server');
  const loadNamespace = addNamespace(scope, 'load');
  const peer = ['peer', 'name', LOAD_DEVICE, 'netns', loadNamespace];
  command('ip', 'link', 'add', SERVER_DEVICE, 'netns', serverNamespace, 'type', 'veth', ...peer);
  for (const [namespace, device, address, core] of [
    [serverNamespace, SERVER_DEVICE, SERVER_ADDRESS, cores.server],
    [loadNamespace, LOAD_DEVICE, LOAD_ADDRESS, cores.load],
  ] as const) {
    command('ip', '-n', namespace, 'address', 'add', `${address}/30`, 'dev', device);
    command('ip', '-n', namespace, 'link', 'set', device, 'up');
    command('ip', '-n', namespace, 'link', 'set', 'lo', 'up');
    steerReceiving(namespace, device, core);
  }
  return { serverNamespace, loadNamespace, serverAddress: SERVER_ADDRESS };
}

/** Sets the bits of the sending device and reads them back: the kernel drops those that depend on a missing one. */
export function setOffload(network: Network, wanted: Pick<OffloadBits, 'txChecksum' | 'scatterGather'>): OffloadBits {
  const { serverNamespace } = network;
  const inside = ['netns', 'exec', serverNamespace, 'ethtool'] as const;
  const word = (on: boolean): string => (on ? 'on' : 'off');
  // Segmentation goes back on with what it depends on; asking for it while that is off changes nothing.
  const bits = ['tx', word(wanted.txChecksum), 'sg', word(wanted.scatterGather), 'tso', 'on', 'gso', 'on'];
  command('ip', ...inside, '-K', SERVER_DEVICE, ...bits);
  const shown = command('ip', ...inside, '-k', SERVER_DEVICE);
  const isOn = (feature: string): boolean => new RegExp(`^${feature}: on`, 'm').test(shown);
  const actual = {
    txChecksum: isOn('tx-checksumming'),
    scatterGather: isOn('scatter-gather'),
    segmentation: isOn('\\s+tx-tcp-segmentation'),
  };
  if (actual.txChecksum !== wanted.txChecksum || actual.scatterGather !== wanted.scatterGather) {
    throw new Error(`the device did not take the setting: ${JSON.stringify({ wanted, actual })}`);
  }
  return actual;
}
