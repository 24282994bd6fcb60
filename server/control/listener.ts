// The control plane's socket: made by our own code, as the listeners of sites are, or taken over from the process before.
import { basename } from 'node:path';
import { getSystemErrorName } from 'node:util';
import { native } from '../../native/index.ts';
import { ListenError, type Address, type OpenListener } from '../listeners.ts';
import type { ControlPlace } from './options.ts';
import { socketPaths } from './sockets.ts';

const OWNER_ONLY = 0o600;
const BACKLOG = 64;

/** The place of the control plane cannot be had. */
export class ControlListenError extends ListenError {}

/**
 * @param first what the server itself listens on: a socket that nobody named is called after it.
 * @param handed taken over if it is what is asked for.
 * @returns undefined where it was to be `auto`, and no socket can be had.
 * @throws ControlListenError
 */
export function openControlListener(place: ControlPlace, first: Address, handed?: OpenListener): OpenListener | undefined {
  const asked = textOf(place);
  if (handed?.asked === asked) return { ...handed, descriptors: handed.descriptors.map((descriptor) => checked(native.adoptListener(descriptor), asked)) };
  if (place.kind === 'unix') return unixListener(checked(unixDescriptor(place.path), asked), place.path, asked);
  if (place.kind === 'tcp') {
    const { host } = place;
    const descriptor = checked(native.listenTcp(host, place.port, { reusePort: false, v6Only: host !== '::', backlog: BACKLOG, congestionControl: '' }), asked);
    return { address: { host, port: native.localAddress(descriptor).port }, descriptors: [descriptor], shared: true, unixPath: undefined, asked };
  }
  for (const path of socketPaths(nameOf(first), process.env)) {
    const descriptor = unixDescriptor(path);
    if (descriptor >= 0) return unixListener(descriptor, path, asked);
  }
  return undefined;
}

/** The mode is there before the name, and what a dead server left is replaced. */
function unixDescriptor(path: string): number {
  return native.listenUnix(path, OWNER_ONLY, BACKLOG);
}

function unixListener(descriptor: number, path: string, asked: string): OpenListener {
  return { address: { host: path, port: -1 }, descriptors: [descriptor], shared: true, unixPath: path, asked };
}

function checked(descriptor: number, where: string): number {
  if (descriptor < 0) throw new ControlListenError(getSystemErrorName(descriptor), where);
  return descriptor;
}

function textOf(place: ControlPlace): string {
  if (place.kind === 'auto') return 'auto';
  if (place.kind === 'unix') return `unix:${place.path}`;
  return `${place.host}:${place.port}`;
}

function nameOf({ host, port }: Address): string {
  return port < 0 ? basename(host).replace(/\.sock$/, '') : String(port);
}
