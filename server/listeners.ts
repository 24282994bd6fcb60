// Listening sockets. Main makes and owns them for life; workers borrow them, so that a worker that goes loses no
// connection that is queued.
import { lookup } from 'node:dns/promises';
import { unlinkSync } from 'node:fs';
import { isIP } from 'node:net';
import { getSystemErrorName } from 'node:util';
import { native } from '../native/index.ts';
import { passedSockets, socketsNamed } from './activation.ts';
import { listenFault, listenSpec, listenText, type ListenSpec } from './listen-spec.ts';
import { OptionsError } from './options.ts';

/** Where a server listens. `port` is -1 for unix sockets, whose `host` is their path. */
export interface Address {
  readonly host: string;
  readonly port: number;
  /** TLS is spoken there. */
  readonly secure?: true;
}

export interface OpenListener {
  readonly address: Address;
  /** One descriptor a worker, or a single one that all share. */
  readonly descriptors: readonly number[];
  readonly shared: boolean;
  readonly unixPath: string | undefined;
  /** Of what was asked for it is: a name may have several addresses. */
  readonly asked: string;
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
  ENODATA: 'no socket of this name was passed (LISTEN_FDS, LISTEN_FDNAMES)',
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

/** @throws OptionsError */
export function parseListen(text: string): ListenSpec {
  const spec = listenSpec(text);
  if (!spec) throw new OptionsError([{ path: [], text: listenFault(text) ?? '' }]);
  return spec;
}

function checked(descriptor: number, where: string, texts = TEXTS): number {
  if (descriptor < 0) throw new ListenError(getSystemErrorName(descriptor), where, texts);
  return descriptor;
}

/**
 * @param handed what another process has listened on, which is taken over where the same is asked for.
 * @throws ListenError; what was opened until then is closed again.
 */
export async function openListeners(specs: readonly ListenSpec[], settings: ListenSettings, handed: readonly OpenListener[] = []): Promise<OpenListener[]> {
  const opened: OpenListener[] = [];
  try {
    for (const { spec, asked } of askedBy(specs)) {
      const before = handed.filter((one) => one.asked === asked);
      for (const one of before) opened.push(takenOver(one, settings));
      if (before.length === 0) await open(spec, asked, settings, opened);
    }
  } catch (error) {
    const isTaken = ({ asked }: OpenListener): boolean => handed.some((one) => one.asked === asked);
    closeListeners(opened.filter((one) => !isTaken(one)));
    closeListeners(opened.filter(isTaken), true);
    throw error;
  }
  return opened;
}

/** By what each is known as long as it is asked for. Port 0 may be asked for twice: those are two. */
export function askedBy(specs: readonly ListenSpec[]): { readonly spec: ListenSpec; readonly asked: string }[] {
  const seen = new Map<string, number>();
  return specs.map((spec) => {
    const text = listenText(spec);
    const times = (seen.get(text) ?? 0) + 1;
    seen.set(text, times);
    return { spec, asked: times === 1 ? text : `${text} ${times}` };
  });
}

/** What of it nobody asks for any more. */
export function leftOf(handed: readonly OpenListener[], opened: readonly OpenListener[]): readonly OpenListener[] {
  return handed.filter(({ asked }) => !opened.some((one) => one.asked === asked));
}

async function open(spec: ListenSpec, asked: string, settings: ListenSettings, opened: OpenListener[]): Promise<void> {
  if (spec.kind === 'tcp') return openTcp(spec.host, spec.port, asked, settings, opened);
  if (spec.kind === 'unix') return void opened.push(openShared(native.listenUnix(spec.path, settings.socketMode, BACKLOG), asked, spec.path));
  if (spec.kind === 'fd') return void opened.push(openShared(native.adoptListener(spec.fd), asked, undefined));
  const sockets = socketsNamed(passedSockets(process.env, process.pid), spec.name);
  if (sockets.length === 0) throw new ListenError('ENODATA', asked);
  for (const { fd } of sockets) opened.push(openShared(native.adoptListener(fd), asked, undefined));
}

function openShared(descriptor: number, asked: string, unixPath: string | undefined): OpenListener {
  const { host, port } = native.localAddress(checked(descriptor, asked));
  return { address: { host, port }, descriptors: [descriptor], shared: true, unixPath, asked };
}

/** All descriptors stay: each has a queue of its own, in which somebody may wait. */
function takenOver(handed: OpenListener, { workers, congestionControl }: ListenSettings): OpenListener {
  const { address: { host, port }, asked } = handed;
  const descriptors = handed.descriptors.map((descriptor) => checked(native.adoptListener(descriptor), asked));
  // One alone was opened for one worker: no other socket may have its address.
  if (handed.shared || (descriptors.length === 1 && workers > 1)) return { ...handed, descriptors, shared: true };
  while (descriptors.length < workers) descriptors.push(checked(native.listenTcp(host, port, tcpOptions(host, workers, congestionControl)), asked, TCP_TEXTS));
  return { ...handed, descriptors };
}

/** Which descriptors a worker waits on. */
export function descriptorsOf({ descriptors, shared }: OpenListener, worker: number, workers: number): readonly number[] {
  return shared ? descriptors : descriptors.filter((_, index) => index % workers === worker);
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

async function openTcp(host: string, port: number, asked: string, settings: ListenSettings, opened: OpenListener[]): Promise<void> {
  const addresses = await addressesOf(host);
  let chosen = port;
  let found = 0;
  for (const address of addresses) {
    try {
      const listener = openAddress(address, chosen, asked, settings);
      opened.push(listener);
      chosen = listener.address.port; // port 0: the same one on the addresses that follow
      ++found;
    } catch (error) {
      // A host may have a name for an address family that it does not have.
      const absent = error instanceof ListenError && ['EADDRNOTAVAIL', 'EAFNOSUPPORT'].includes(error.code);
      if (absent && address === '::') {
        opened.push(openAddress('0.0.0.0', chosen, asked, settings));
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

function tcpOptions(host: string, workers: number, congestionControl: string | undefined): Parameters<typeof native.listenTcp>[2] {
  // Pacing towards this very host prevents no loss, and its timers are a third of what a 100 KiB answer costs.
  return { reusePort: workers > 1, v6Only: host !== '::', backlog: BACKLOG, congestionControl: congestionControl ?? (isLoopback(host) ? 'reno' : '') };
}

function openAddress(host: string, port: number, asked: string, { workers, congestionControl }: ListenSettings): OpenListener {
  const where = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  const options = tcpOptions(host, workers, congestionControl);
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
  return { address: { host, port: chosen }, descriptors, shared: false, unixPath: undefined, asked };
}

/** @param handed another process has them: names stay. */
export function closeListeners(listeners: readonly OpenListener[], handed = false): void {
  for (const { descriptors, unixPath } of listeners) {
    // The name first: once nobody answers on it another server may replace it, and then it is not ours to remove.
    if (unixPath !== undefined && !handed) removeName(unixPath);
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
