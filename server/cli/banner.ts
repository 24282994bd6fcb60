// What is said when the server listens: a block on a terminal, one line of JSON elsewhere.
import { networkInterfaces } from 'node:os';
import type { Address } from '../listeners.ts';

export interface Told {
  readonly addresses: readonly Address[];
  /** Undefined: origins are in its place. */
  readonly root: string | undefined;
  /** Hosts of each, `*` for all others; none: there is one site, which is what stands here. */
  readonly sites: readonly string[];
  /** URLs; none: there is a root. */
  readonly origins: readonly string[];
  readonly workers: number;
  /** The port that was asked for, where it was taken. */
  readonly takenPort: number | undefined;
  /** The config file; undefined: there is none. */
  readonly config: string | undefined;
  /** Where the control plane is; undefined: there is none. */
  readonly control: string | undefined;
}

export function urlOf({ host, port, secure }: Address): string {
  if (port < 0) return `unix:${host}`;
  return `http${secure ? 's' : ''}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

const LOOPBACK = new Set(['127.0.0.1', '::1']);
const EVERYWHERE = new Set(['::', '0.0.0.0']);

/** URLs that reach the server from this machine, and from others. */
export function urls(addresses: readonly Address[]): { readonly local: string[]; readonly network: string[] } {
  const local = new Set<string>();
  const network = new Set<string>();
  for (const address of addresses) {
    if (LOOPBACK.has(address.host)) local.add(urlOf({ ...address, host: 'localhost' }));
    else if (address.port >= 0 && EVERYWHERE.has(address.host)) {
      local.add(urlOf({ ...address, host: 'localhost' }));
      for (const found of Object.values(networkInterfaces()).flat()) {
        if (found && !found.internal && found.family === 'IPv4') network.add(urlOf({ ...address, host: found.address }));
      }
    } else {
      (address.port < 0 ? local : network).add(urlOf(address));
    }
  }
  return { local: [...local], network: [...network] };
}

export function banner(told: Told, colour: boolean): string {
  const bold = (text: string): string => (colour ? `\x1b[1m${text}\x1b[0m` : text);
  const dim = (text: string): string => (colour ? `\x1b[2m${text}\x1b[0m` : text);
  const { local, network } = urls(told.addresses);
  const rows: [string, string][] = [
    ...local.map((url): [string, string] => ['Local', bold(url)]),
    ...network.map((url): [string, string] => ['Network', bold(url)]),
    ...(told.root === undefined ? [] : [['Root', told.root] as [string, string]]),
    ...told.sites.map((hosts): [string, string] => ['Site', hosts]),
    ...told.origins.map((url): [string, string] => ['Origin', url]),
    ...(told.config === undefined ? [] : [['Config', told.config] as [string, string]]),
    ['Workers', String(told.workers)],
  ];
  const lines = rows.map(([name, text]) => `  ${dim(`${name}:`.padEnd(9))} ${text}`);
  if (network.length === 0 && local.some((url) => url.startsWith('http'))) lines.push(`  ${dim('-H :: lets other machines in')}`);
  if (told.takenPort !== undefined) lines.push(`  port ${told.takenPort} is taken: the next free one was picked`);
  return `\n  ${bold('pagecast')}\n\n${lines.join('\n')}\n\n  ${dim('Ctrl-C stops')}\n\n`;
}

export function listeningLine(told: Told): string {
  const record = { time: new Date().toISOString(), event: 'listening', urls: told.addresses.map(urlOf), ...(told.root !== undefined && { root: told.root }), ...(told.origins.length > 0 && { origins: told.origins }), ...(told.sites.length > 0 && { sites: told.sites }), workers: told.workers, pid: process.pid, ...(told.config !== undefined && { config: told.config }), ...(told.control !== undefined && { control: told.control }) };
  return `${JSON.stringify(record)}\n`;
}
