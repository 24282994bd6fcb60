// The command line: one table of flags, from which parsing, environment variables, help and the README's table come.
import { parseArgs } from 'node:util';
import { nearest } from '../config/near.ts';
import type { Form } from './flag-values.ts';

export interface Flag {
  readonly name: string;
  readonly short?: string;
  /** What its value is called in help; none: it is a switch. */
  readonly value?: string;
  /** It may stand alone, too; the next word is its value only where it looks like one. */
  readonly optional?: RegExp;
  readonly multiple?: boolean;
  /** Its values may have commas: a variable gives one, not a list. */
  readonly commas?: boolean;
  /** The member of a config that it sets, and how its text becomes the value (flag-values.ts); `text` unless told. */
  readonly sets?: string;
  readonly form?: Form;
  /** Environment variables that stand for it, first wins. Every flag also has PAGECAST_<NAME>. */
  readonly env?: readonly string[];
  readonly default?: string;
  readonly help: string;
}

export const flags = [
  { name: 'config', short: 'c', value: 'FILE', default: 'pagecast.config.ts, .mts, .js, .mjs or .json of the current folder', help: 'a config; looked for where no folder and no origin is given' },
  { name: 'root', sets: 'root', short: 'd', value: 'DIR', default: 'the current folder', help: 'the folder to serve; the same as [DIR]' },
  { name: 'port', short: 'p', value: 'PORT', env: ['PORT'], default: '8080', help: 'TCP port; 0 picks a free one' },
  { name: 'host', short: 'H', value: 'HOST', default: 'localhost on a terminal, else every address', help: 'address or name to listen on' },
  { name: 'listen', sets: 'listen', form: 'list', short: 'l', value: 'WHERE', multiple: true, help: 'port, host:port, [v6]:port, unix:/path, fd:N or fd:NAME; repeatable, in place of host and port' },
  { name: 'tls-cert', value: 'FILE', multiple: true, help: 'speak TLS: a certificate (PEM), with those between it and the root; repeatable, each with its --tls-key' },
  { name: 'tls-key', value: 'FILE', multiple: true, help: 'the private key (PEM) of a --tls-cert, in the same order; repeatable' },
  { name: 'tls-self-signed', sets: 'tls.selfSigned', form: 'on', help: 'speak TLS by a certificate that is made at each start, for development' },
  { name: 'no-http2', sets: 'tls.http2', form: 'off', help: 'over TLS, speak HTTP/1.1 alone' },
  { name: 'tls-min-version', sets: 'tls.minVersion', value: 'VERSION', default: 'TLSv1.2', help: 'the least that is spoken: TLSv1.2 or TLSv1.3' },
  { name: 'tls-client-ca', sets: 'tls.clientCa', value: 'FILE', help: "certificates (PEM) that clients' certificates must come from: who has none is refused" },
  { name: 'https-redirect', sets: 'tls.redirectFrom', form: 'list', value: 'WHERE', multiple: true, help: 'where to listen besides, as for --listen, and lead to https://; repeatable' },
  { name: 'hsts', sets: 'tls.hsts.maxAgeS', form: 'whole', value: 'SECONDS', help: 'tell browsers to ask by https:// alone, for so long (Strict-Transport-Security)' },
  { name: 'strict-port', help: 'fail when the port is taken, also on a terminal' },
  { name: 'socket-mode', sets: 'socketMode', form: 'octal', value: 'OCTAL', help: 'file mode of unix sockets, such as 660' },
  { name: 'congestion-control', sets: 'congestionControl', value: 'NAME', default: "the system's; reno on loopback", help: 'TCP congestion control of connections, such as bbr' },
  { name: 'workers', sets: 'workers', form: 'whole', value: 'N', default: 'the CPUs that the cgroup grants', help: 'threads that serve' },
  { name: 'index', sets: 'index', value: 'NAME', default: 'index.html', help: 'the file a request for a folder gets' },
  { name: 'dotfiles', sets: 'dotfiles', form: 'on', help: 'serve names that begin with a dot (/.well-known always is)' },
  { name: 'symlinks', sets: 'symlinks', value: 'HOW', default: 'inside', help: 'follow symbolic links `inside` the root, or `none`' },
  { name: 'proxy', sets: 'proxy.urls', form: 'list', short: 'P', value: 'URL', multiple: true, help: 'be a cache in front of an origin, in place of a folder; with DIR: of what has no file; repeatable: requests are shared out' },
  { name: 'host-header', sets: 'proxy.host', value: 'HOST', default: 'keep', help: "Host that origins are told: `keep` the client's, or this one" },
  { name: 'trusted-proxy', sets: 'proxy.trusted', form: 'list', value: 'ADDRESS', multiple: true, help: 'address or network of proxies before us whose Forwarded and X-Forwarded-* origins are told; repeatable' },
  { name: 'purge-from', sets: 'proxy.purgers', form: 'list', value: 'ADDRESS', multiple: true, default: 'this host', help: 'address or network that may use the method PURGE; repeatable' },
  { name: 'sendfile-root', sets: 'proxy.sendfileRoot', value: 'DIR', help: 'files that origins may name in place of a body, by X-Accel-Redirect or X-Sendfile' },
  { name: 'hooks', sets: 'proxy.hooks', value: 'FILE', help: 'a module of policy for the cache: what requests become, keys, lifetimes' },
  { name: 'cache-size', sets: 'cache.bytesMax', form: 'size', value: 'SIZE', default: '256m, or a quarter of the cgroup', help: 'memory for stored responses, such as 512m or 4g' },
  { name: 'store', sets: 'store.dir', value: 'DIR', help: 'a folder to store responses in besides memory: they are there after a start' },
  { name: 'store-size', sets: 'store.bytesMax', form: 'size', value: 'SIZE', default: '10g', help: 'of that folder, such as 50g' },
  { name: 'store-admit', sets: 'store.admit', value: 'WHEN', default: 'always', help: 'what is stored there: all that may be, `always`, or what is asked for a `second` time' },
  { name: 'spa', sets: 'spa', form: 'file', short: 's', value: 'FILE.html', optional: /\.html?$/, default: 'index.html', help: 'a single-page application: pages that do not exist get this file' },
  { name: 'clean-urls', sets: 'cleanUrls', value: 'HOW', default: 'serve', help: '/about for about.html: `serve` it, also `redirect` from /about.html, or `off`' },
  { name: 'browse', sets: 'listing', form: 'on', short: 'b', help: 'list folders that have no index' },
  { name: 'max-age', sets: 'maxAgeS', form: 'whole', short: 'm', value: 'SECONDS', default: 'caches ask each time, by ETag', help: 'how long caches keep what is neither HTML nor named by a hash' },
  { name: 'immutable', sets: 'immutable', form: 'on', short: 'i', help: 'with --max-age: not even a reload asks' },
  { name: 'header', sets: 'headers', form: 'fields', value: "'NAME: VALUE'", multiple: true, commas: true, help: 'a field of every answer; repeatable' },
  { name: 'cors', sets: 'cors', form: 'on', help: 'let pages of other sites read what is served' },
  { name: 'security-headers', sets: 'securityHeaders', form: 'on', help: 'X-Frame-Options, Referrer-Policy and others, as most sites want them' },
  { name: 'no-precompressed', sets: 'precompressed', form: 'off', help: 'do not look for name.br, name.zst and name.gz beside a file' },
  { name: 'no-compress', sets: 'compress', form: 'off', help: 'do not compress what is not compressed yet' },
  { name: 'no-rules', sets: 'rules', form: 'off', help: 'files called _headers and _redirects are files like any other' },
  { name: 'vhost', sets: 'virtualHosts', form: 'on', help: 'a folder below the root for each host: example.com/index.html' },
  { name: 'health', sets: 'health', value: 'PATH', help: 'a path that is answered 200 by the server itself, such as /healthz' },
  { name: 'about', sets: 'about', value: 'PATH', help: 'a path under which the server tells, as JSON, how it keeps and sends the file of ?path=' },
  { name: 'basic-auth', sets: 'access.users', form: 'list', value: 'USER:PASSWORD', multiple: true, commas: true, help: 'who may see the site; repeatable' },
  { name: 'allow', sets: 'access.allow', form: 'list', value: 'ADDRESS', multiple: true, help: 'address or network (CIDR) that may ask, in place of all; repeatable' },
  { name: 'deny', sets: 'access.deny', form: 'list', value: 'ADDRESS', multiple: true, help: 'address or network that may not; repeatable' },
  { name: 'rate-limit', sets: 'access.rateLimit', form: 'rate', value: 'N[:BURST]', help: 'requests a second of one address, and how many at once' },
  { name: 'open', short: 'o', help: 'open the site in a browser' },
  { name: 'protect', sets: 'protect', value: 'HOW', default: 'auto', help: 'against change in mid-answer: auto, sealed, lease, copy, verify or off' },
  { name: 'guard-private-max-bytes', sets: 'guard.privateMaxBytes', form: 'whole', value: 'BYTES', default: '8388608', help: 'the largest file that is read once a version, and copied when hot' },
  { name: 'guard-private-max-total-bytes', sets: 'guard.privateMaxTotalBytes', form: 'whole', value: 'BYTES', default: '256 MiB, or a quarter of the cgroup', help: 'memory of all such copies' },
  { name: 'guard-snapshot-dir', sets: 'guard.snapshotDir', value: 'DIR', help: 'where snapshots are cloned (XFS, Btrfs); else they are made in memory' },
  { name: 'guard-snapshot-max-bytes', sets: 'guard.snapshotMaxBytes', form: 'whole', value: 'BYTES', default: '128 MiB, or an eighth of the cgroup', help: 'memory of all snapshots' },
  { name: 'guard-writer-delay-max', sets: 'guard.writerDelayMaxMs', form: 'whole', value: 'MS', default: '1000', help: 'the longest that a writer is held back' },
  { name: 'guard-reader-wait-max', sets: 'guard.readerWaitMaxMs', form: 'whole', value: 'MS', default: '500', help: 'the longest that a request waits for a writer to close' },
  { name: 'guard-stale-max', sets: 'guard.staleMaxMs', form: 'whole', value: 'MS', default: '5000', help: 'how long the last whole version is served while somebody writes' },
  { name: 'guard-unknown-peer', sets: 'guard.unknownPeer', value: 'HOW', default: 'probe', help: 'peers that may be on this host: probe, or always copy' },
  { name: 'guard-unsent-max-bytes', sets: 'guard.unsentMaxBytes', form: 'whole', value: 'BYTES', default: '262144', help: "unsent bytes queued on a connection that is sent a leased file's pages; 0: the system's" },
  { name: 'quiet', short: 'q', help: 'no access log and no banner' },
  { name: 'log-format', sets: 'accessLog', value: 'FORMAT', default: 'pretty on a terminal, else json', help: 'access log: pretty, json or combined' },
  { name: 'log-file', sets: 'logFile', value: 'FILE', default: 'standard output', help: 'append the access log to a file; SIGUSR1 reopens it' },
  { name: 'control', sets: 'control.listen', value: 'WHERE', default: 'a socket in $XDG_RUNTIME_DIR/pagecast or /run/pagecast', help: 'where operators ask and steer the server: unix:/path, address:port, a port of 127.0.0.1, or `off`' },
  { name: 'control-token-file', sets: 'control.tokenFile', value: 'FILE', help: 'a file with the token that they need; wanted where others can reach the address' },
  { name: 'grace-period', sets: 'graceMs', form: 'seconds', value: 'SECONDS', default: '10', help: 'for answers under way after the first SIGTERM or SIGINT; a second ends them' },
  { name: 'shutdown-delay', sets: 'shutdownDelayMs', form: 'seconds', value: 'SECONDS', default: '0', help: 'after the first signal, in which it is not ready any more but accepts: for a load balancer to hear of it' },
  { name: 'request', value: "'NAME: VALUE'", multiple: true, commas: true, help: 'explain: a field of the request; repeatable, -H for short' },
  { name: 'method', value: 'METHOD', default: 'GET', help: 'explain: of the request' },
  { name: 'response', value: "'NAME: VALUE'", multiple: true, commas: true, help: 'explain: a field that the origin answers with; repeatable' },
  { name: 'status', value: 'STATUS', default: '200', help: 'explain: what the origin answers with' },
  { name: 'json', help: 'doctor, explain, config: print JSON' },
  { name: 'version', short: 'v', help: 'print the version' },
  { name: 'help', short: 'h', help: 'print this' },
] as const satisfies readonly Flag[];

export type FlagName = (typeof flags)[number]['name'];

/** What was asked for: values as text, by flag. */
export interface Arguments {
  readonly values: ReadonlyMap<FlagName, readonly string[]>;
  readonly positionals: readonly string[];
  /** The variables that values are from; flags without one were given. */
  readonly variables?: ReadonlyMap<FlagName, string>;
  /** Switches that a variable has put off. */
  readonly off?: ReadonlyMap<FlagName, string>;
}

/** Something on the command line or in the environment that cannot be meant. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  /** One by one. */
  readonly faults: readonly string[];

  /** @param faults default: the message is all there is. */
  constructor(message: string, faults: readonly string[] = [message]) {
    super(message);
    this.faults = faults;
  }
}

const byName = new Map<string, Flag>(flags.map((flag) => [flag.name, flag]));
const byShort = new Map<string, Flag>((flags as readonly Flag[]).flatMap((flag) => (flag.short ? [[flag.short, flag]] : [])));

/** No variable stands for them. */
const OF_THE_LINE = new Set<string>(['help', 'version', 'json', 'request', 'method', 'response', 'status']);

/** The value of a flag that stands alone. */
export const ALONE = 'true';

/** @throws UsageError */
export function parseArguments(argv: readonly string[], environment: NodeJS.ProcessEnv): Arguments {
  const { tokens } = parseArgs({
    args: [...argv],
    options: Object.fromEntries((flags as readonly Flag[]).map((flag) => [flag.name, {
      type: flag.value && !flag.optional ? ('string' as const) : ('boolean' as const), ...(flag.short && { short: flag.short }), multiple: true,
    }])),
    strict: false,
    tokens: true,
  });
  const values = new Map<FlagName, string[]>();
  const positionals: string[] = [];
  for (let i = 0; i < tokens.length; ++i) {
    const token = tokens[i]!;
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const flag = byName.get(token.name) ?? byShort.get(token.name);
    if (!flag) throw new UsageError(`unknown flag ${token.rawName}${hint(token.rawName, token.name)}`);
    const next = tokens[i + 1];
    const follows = flag.optional && token.value === undefined && next?.kind === 'positional' && flag.optional.test(next.value);
    if (follows) ++i;
    const value = follows ? next.value : token.value;
    if (flag.value && !flag.optional && value === undefined) throw new UsageError(`${token.rawName} needs a value: ${token.rawName} ${flag.value}`);
    if (!flag.value && value !== undefined) throw new UsageError(`${token.rawName} takes no value`);
    const name = flag.name as FlagName;
    const before = values.get(name);
    if (before && !flag.multiple && flag.value) throw new UsageError(`${token.rawName} is given twice`);
    values.set(name, [...(before ?? []), value ?? ALONE]);
  }
  return { values, positionals, ...fromEnvironment(values, environment, positionals) };
}

export function variableOf(flag: Flag): string {
  return `PAGECAST_${flag.name.toUpperCase().replaceAll('-', '_')}`;
}

function fromEnvironment(values: Map<FlagName, string[]>, environment: NodeJS.ProcessEnv, positionals: readonly string[]): Required<Pick<Arguments, 'variables' | 'off'>> {
  const variables = new Map<FlagName, string>();
  const off = new Map<FlagName, string>();
  for (const flag of flags as readonly Flag[]) {
    const name = flag.name as FlagName;
    if (values.has(name) || OF_THE_LINE.has(name)) continue;
    if (name === 'root' && positionals.length > 0) continue; // the command line decides
    const variable = [variableOf(flag), ...(flag.env ?? [])].find((candidate) => environment[candidate]);
    if (!variable) continue;
    const text = environment[variable]!;
    variables.set(name, variable);
    const isOn = ['1', 'true', 'yes', 'on'].includes(text.toLowerCase());
    const isOff = ['0', 'false', 'no', 'off'].includes(text.toLowerCase());
    if (flag.value && !(flag.optional && (isOn || isOff))) values.set(name, flag.multiple && !flag.commas ? text.split(',') : [text]);
    else if (isOn) values.set(name, [ALONE]);
    else if (isOff) off.set(name, variable);
    else throw new UsageError(`${variable} must be 1 or 0, not "${text}"`);
  }
  return { variables, off };
}

function hint(rawName: string, name: string): string {
  if (!rawName.startsWith('--')) return '; pagecast --help lists all';
  const near = nearest(name, flags.map((flag) => flag.name));
  return near === undefined ? '; pagecast --help lists all' : `; did you mean --${near}?`;
}

export function helpText(version: string): string {
  const rows = (flags as readonly Flag[]).map((flag) => {
    const left = `${flag.short ? `-${flag.short}, ` : '    '}--${flag.name}${flag.value ? ` ${flag.value}` : ''}`;
    return `  ${left.padEnd(26)} ${flag.help}${flag.default ? ` [${flag.default}]` : ''}`;
  });
  return [
    `pagecast ${version}: serves a folder over HTTP`, '',
    'Usage:', '  pagecast [DIR] [flags]      serve DIR', '  pagecast [DIR] -P URL       a cache in front of an origin, behind the files of DIR', '  pagecast doctor [DIR]       what this machine allows, and what is missing',
    '  pagecast explain URL        what would be answered, and why', '  pagecast check [FILE]       what is wrong with a config, all of it', '  pagecast config             every option that counts, and who has said so',
    '  pagecast store VERB DIR     a cache on disk: ls, verify or rm',
    '  pagecast status             how a running server is doing; also top, purge, drain and reload', '',
    'Flags:', ...rows, '',
    'Each flag can be given as an environment variable: --log-format is PAGECAST_LOG_FORMAT. PORT is known too.', '',
  ].join('\n');
}

/** The flags as the README shows them. */
export function flagTable(): string {
  const rows = (flags as readonly Flag[]).map((flag) => {
    const left = `${flag.short ? `-${flag.short}, ` : ''}--${flag.name}${flag.value ? ` ${flag.value}` : ''}`;
    return `| \`${left}\` | ${flag.help} | ${flag.default ?? ''} |`;
  });
  return ['| flag | what it does | default |', '|---|---|---|', ...rows].join('\n');
}
