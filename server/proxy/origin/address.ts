/**
 * Where an origin is.
 *
 *   http://host[:port]    https://host[:port]    unix:/path/to.sock    unix:/path/to.sock:http[s]://host[:port]
 *
 * The last form names the host that the server behind the socket is asked for; else it is localhost.
 */
import { isIP } from 'node:net';

export interface OriginAddress {
  /** As it was configured: its name in log and metric. */
  readonly url: string;
  readonly secure: boolean;
  /** A name or an address, IPv6 without its brackets. */
  readonly host: string;
  readonly port: number;
  /** The path of a unix socket. */
  readonly socketPath: string | undefined;
  /** What Host is where a request brings none: host, and port where it is not the default. */
  readonly authority: string;
}

const UNIX = 'unix:';
/** sun_path holds 107 bytes and their NUL (man 7 unix). */
const SOCKET_PATH_BYTES_MAX = 107;

/** The address, or what is wrong with it. */
export function originAddress(url: string): OriginAddress | string {
  if (!url.startsWith(UNIX)) return addressOf(url, url, undefined);
  const rest = url.slice(UNIX.length);
  const cut = rest.search(/:https?:\/\//);
  const socketPath = cut < 0 ? rest : rest.slice(0, cut);
  if (!socketPath.startsWith('/') || socketPath.includes('\0')) return 'a unix socket is given by its absolute path';
  if (Buffer.byteLength(socketPath) > SOCKET_PATH_BYTES_MAX) return `the path of a unix socket has at most ${SOCKET_PATH_BYTES_MAX} bytes`;
  return addressOf(url, cut < 0 ? 'http://localhost' : rest.slice(cut + 1), socketPath);
}

function addressOf(url: string, target: string, socketPath: string | undefined): OriginAddress | string {
  if (!/^https?:\/\//i.test(target) || !URL.canParse(target)) return 'it is not http://host, https://host or unix:/path';
  const parsed = new URL(target);
  if (parsed.username !== '' || parsed.password !== '') return 'it must have no user and no password';
  if (parsed.pathname !== '/' || parsed.search !== '' || parsed.hash !== '') return 'it must end behind host and port';
  const secure = parsed.protocol === 'https:';
  const host = parsed.hostname.startsWith('[') ? parsed.hostname.slice(1, -1) : parsed.hostname;
  const port = parsed.port === '' ? (secure ? 443 : 80) : Number(parsed.port);
  if (port === 0) return 'no server listens on port 0';
  return { url, secure, host, port, socketPath, authority: parsed.host };
}

/** Whether the host has to be looked up. */
export function isName({ host, socketPath }: OriginAddress): boolean {
  return socketPath === undefined && isIP(host) === 0;
}
