// Listening sockets. Main makes and owns them for life; workers borrow them, so that a worker that goes loses no
// connection that is queued.
import { lookup } from 'node:dns/promises';
import { unlinkSync } from 'node:fs';
import { isIP } from 'node:net';
import { getSystemErrorName } from 'node:util';
import { native } from '../native/index.ts';
import { OptionsError } from './options.ts';

export type ListenSpec =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'fd'; readonly fd: number };

/** Where a server listens. `port` is -1 for unix sockets, whose `host` is their path. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface OpenListener {
  readonly address: Address;
  /** One descriptor a worker, or a single one that all share. */
  readonly descriptors: readonly number[];
  readonly shared: boolean;
  readonly unixPath: string | undefined;
}

/** A listener could not be opened. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
  readonly code: string;
  constructor(code: string, where: string, texts = TEXTS) {
    super(`cannot listen on ${where}: ${texts[code] ?? code}`);
    this.code = code;
  }
}

const TEXTS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the address is in use (EADDRINUSE)',
  EACCES: 'not permitted (EACCES); ports below 1024 need CAP_NET_BIND_SERVICE',
  EADDRNOTAVAIL: 'no interface has this address (EADDRNOTAVAIL)',
  EEXIST: 'a file that is no socket is in the way (EEXIST)',
  ENAMETOOLONG: 'the path is longer than a unix socket may have, 107 bytes',
  EINVAL: 'not a listening stream socket (EINVAL)',
  ENOTSOCK: 'not a socket (ENOTSOCK)',
  EBADF: 'no such descriptor (EBADF)',
};

/** Of setsockopt(TCP_CONGESTION), tcp(7); binding an address gives neither. */
const TCP_TEXTS: Readonly<Record<string, string>> = {
  ...TEXTS,
  ENOENT: 'no such congestion control (ENOENT): see /proc/sys/net/ipv4/tcp_available_congestion_control',
  EPERM: 'this congestion control is not permitted (EPERM): see /proc/sys/net/ipv4/tcp_allowed_congestion_control',
};

const BACKLOG = 4096;

export interface ListenSettings {
  readonly workers: number;
  readonly socketMode: number;
  readonly congestionControl: string | undefined;
}

/** Parses `port`, `host:port`, `[v6]:port`, `:port`, `unix:/path`, `fd:3`. @throws OptionsError */
export function parseListen(text: string): ListenSpec {
  if (text.startsWith('unix:')) return { kind: 'unix', path: text.slice(5) };
  const fd = /^fd:(\d{1,7})$/.exec(text);
  if (fd) return { kind: 'fd', fd: Number(fd[1]) };
  const tcp = /^(?:(\[[0-9a-fA-F:.]+\]|[^:[\]]*):)?(\d{1,5})$/.exec(text);
  const port = Number(tcp?.[2] ?? NaN);
  if (!tcp || !(port <= 65_535)) throw new OptionsError(`"${text}" is no address to listen on: use port, host:port, [v6]:port, unix:/path or fd:N`);
  return { kind: 'tcp', host: (tcp[1] ?? '').replace(/^\[|\]$/g, '') || '::', port };
}

function checked(descriptor: number, where: string, texts = TEXTS): number {
  if (descriptor < 0) throw new ListenError(getSystemErrorName(descriptor), where, texts);
  return descriptor;
}

/** @throws ListenError; what was opened until then is closed again. */
export async function openListeners(specs: readonly ListenSpec[], settings: ListenSettings): Promise<OpenListener[]> {
  const opened: OpenListener[] = [];
  try {
    for (const spec of specs) {
      if (spec.kind === 'tcp') await openTcp(spec.host, spec.port, settings, opened);
      else if (spec.kind === 'unix') opened.push(openShared(native.listenUnix(spec.path, settings.socketMode, BACKLOG), `unix:${spec.path}`, spec.path));
      else opened.push(openShared(native.adoptListener(spec.fd), `fd:${spec.fd}`, undefined));
    }
  } catch (error) {
    closeListeners(opened);
    throw error;
  }
  return opened;
}

function openShared(descriptor: number, where: string, unixPath: string | undefined): OpenListener {
  const { host, port } = native.localAddress(checked(descriptor, where));
  return { address: { host, port }, descriptors: [descriptor], shared: true, unixPath };
}

async function addressesOf(host: string): Promise<string[]> {
  if (isIP(host)) return [host];
  try {
    // localhost is both of its addresses: clients try either first.
    return [...new Set((await lookup(host, { all: true })).map(({ address }) => address)), ...(host === 'localhost' ? ['127.0.0.1', '::1'] : [])]
      .filter((address, index, all) => all.indexOf(address) === index);
  } catch {
    if (host === 'localhost') return ['127.0.0.1', '::1'];
    throw new ListenError('no such host', host);
  }
}

async function openTcp(host: string, port: number, settings: ListenSettings, opened: OpenListener[]): Promise<void> {
  const addresses = await addressesOf(host);
  let chosen = port;
  let found = 0;
  for (const address of addresses) {
    try {
      const listener = openAddress(address, chosen, settings);
      opened.push(listener);
      chosen = listener.address.port; // port 0: the same one on the addresses that follow
      ++found;
    } catch (error) {
      // A host may have a name for an address family that it does not have.
      const absent = error instanceof ListenError && ['EADDRNOTAVAIL', 'EAFNOSUPPORT'].includes(error.code);
      if (absent && address === '::') {
        opened.push(openAddress('0.0.0.0', chosen, settings));
        ++found;
      } else if (!absent || (found === 0 && address === addresses.at(-1))) {
        throw error;
      }
    }
  }
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1';
}

function openAddress(host: string, port: number, { workers, congestionControl }: ListenSettings): OpenListener {
  const where = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  // Pacing towards this very host prevents no loss, and its timers are a third of what a 100 KiB answer costs.
  const options = { reusePort: workers > 1, v6Only: host !== '::', backlog: BACKLOG, congestionControl: congestionControl ?? (isLoopback(host) ? 'reno' : '') };
  // SO_REUSEPORT would let two servers of one user share the port without a word: ask without it first.
  if (workers > 1 && port !== 0) native.closeDescriptor(checked(native.listenTcp(host, port, { ...options, reusePort: false }), where, TCP_TEXTS));
  const descriptors: number[] = [];
  let chosen = port;
  try {
    for (let worker = 0; worker < workers; ++worker) {
      descriptors.push(checked(native.listenTcp(host, chosen, options), where, TCP_TEXTS));
      chosen = native.localAddress(descriptors[0]!).port;
    }
  } catch (error) {
    for (const descriptor of descriptors) native.closeDescriptor(descriptor);
    throw error;
  }
  return { address: { host, port: chosen }, descriptors, shared: false, unixPath: undefined };
}

export function closeListeners(listeners: readonly OpenListener[]): void {
  for (const { descriptors, unixPath } of listeners) {
    // The name first: once nobody answers on it another server may replace it, and then it is not ours to remove.
    if (unixPath !== undefined) removeName(unixPath);
    for (const descriptor of descriptors) native.closeDescriptor(descriptor);
  }
}

function removeName(unixPath: string): void {
  try {
    unlinkSync(unixPath);
  } catch (error) {
    // Somebody removed it before us: as good.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
