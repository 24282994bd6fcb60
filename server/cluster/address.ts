// Where Redis is, as an option says it:
//
//   redis://host  rediss://host:port  rediss://user:password@host:port/database      rediss: by TLS
//   unix:/path.sock  unix://user:password@/path.sock?db=1
//
// Name and password are percent-encoded; a password without a name is of Redis's user "default".

export interface RedisAddress {
  /** For people: without name and password. */
  readonly where: string;
  /** The path of a unix socket; undefined: `host` and `port`. */
  readonly path: string | undefined;
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly database: number;
}

const PORT = 6379;
/** sun_path holds 107 bytes and their NUL (unix(7)). */
const SOCKET_PATH_BYTES_MAX = 107;
/** What Redis takes at most (its option `databases`). */
const DATABASE = /^\d{1,9}$/;
const UNIX = /^unix:(?:\/\/(?:([^:@/]*)(?::([^@/]*))?@)?)?(\/(?!\/)[^?#]*)(?:\?db=([^&#]*))?$/;

/** The address, or what is wrong with the text; what is told of it has no part of the text in it. */
export function redisAddress(text: string): RedisAddress | string {
  return text.startsWith('unix:') ? unixAddress(text) : networkAddress(text);
}

function unixAddress(text: string): RedisAddress | string {
  const found = UNIX.exec(text);
  if (!found) return 'it is not unix:/path or unix://user:password@/path?db=number';
  const [, username, password, encoded, database = '0'] = found;
  const path = decoded(encoded!);
  if (path === undefined || path.includes('\0')) return 'its path is malformed';
  if (Buffer.byteLength(path) > SOCKET_PATH_BYTES_MAX) return `the path of a unix socket has at most ${SOCKET_PATH_BYTES_MAX} bytes`;
  return withCredentials({ where: `unix:${path}`, path, host: '', port: 0, tls: false }, username, password, database);
}

function networkAddress(text: string): RedisAddress | string {
  if (!/^rediss?:\/\//i.test(text) || !URL.canParse(text)) return 'it is not redis://host:port, rediss://host:port or unix:/path';
  const { protocol, hostname, port, username, password, pathname, search, hash } = new URL(text);
  if (hostname === '') return 'it names no host';
  if (port === '0') return 'its port is 0';
  if (search !== '' || hash !== '') return 'there is no query, and no fragment: of a path, it is the number of the database';
  const tls = protocol.toLowerCase() === 'rediss:';
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const number = port === '' ? PORT : Number(port);
  return withCredentials({ where: `${tls ? 'rediss' : 'redis'}://${hostname}:${number}`, path: undefined, host, port: number, tls }, username, password, pathname.replace(/^\//, '') || '0');
}

function withCredentials(place: Omit<RedisAddress, 'username' | 'password' | 'database'>, username = '', password = '', database: string): RedisAddress | string {
  const [user, secret] = [decoded(username), decoded(password)];
  if (user === undefined || secret === undefined) return 'its name or password is not percent-encoded properly';
  if (user !== '' && secret === '') return 'it has a name, and no password';
  if (!DATABASE.test(database)) return 'its database is no number';
  return { ...place, username: user === '' ? undefined : user, password: secret === '' ? undefined : secret, database: Number(database) };
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
