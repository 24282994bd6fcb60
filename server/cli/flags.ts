// The command line: one table of flags, from which parsing, environment variables, help and the README's table come.
import { parseArgs } from 'node:util';

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
  /** Environment variables that stand for it, first wins. Every flag also has PAGECAST_<NAME>. */
  readonly env?: readonly string[];
  readonly default?: string;
  readonly help: string;
}

export const flags = [
  { name: 'root', short: 'd', value: 'DIR', default: 'the current folder', help: 'the folder to serve; the same as [DIR]' },
  { name: 'port', short: 'p', value: 'PORT', env: ['PORT'], default: '8080', help: 'TCP port; 0 picks a free one' },
  { name: 'host', short: 'H', value: 'HOST', default: 'localhost on a terminal, else every address', help: 'address or name to listen on' },
  { name: 'listen', short: 'l', value: 'WHERE', multiple: true, help: 'port, host:port, [v6]:port, unix:/path or fd:N; repeatable, in place of host and port' },
  { name: 'strict-port', help: 'fail when the port is taken, also on a terminal' },
  { name: 'socket-mode', value: 'OCTAL', help: 'file mode of unix sockets, such as 660' },
  { name: 'congestion-control', value: 'NAME', default: "the system's; reno on loopback", help: 'TCP congestion control of connections, such as bbr' },
  { name: 'workers', value: 'N', default: 'the CPUs that the cgroup grants', help: 'threads that serve' },
  { name: 'index', value: 'NAME', default: 'index.html', help: 'the file a request for a folder gets' },
  { name: 'dotfiles', help: 'serve names that begin with a dot (/.well-known always is)' },
  { name: 'symlinks', value: 'HOW', default: 'inside', help: 'follow symbolic links `inside` the root, or `none`' },
  { name: 'proxy', short: 'P', value: 'URL', multiple: true, help: 'be a cache in front of an origin, in place of a folder; repeatable: requests are shared out' },
  { name: 'hooks', value: 'FILE', help: 'a module of policy for the cache: what requests become, keys, lifetimes' },
  { name: 'cache-size', value: 'SIZE', default: '256m, or a quarter of the cgroup', help: 'memory for stored responses, such as 512m or 4g' },
  { name: 'spa', short: 's', value: 'FILE.html', optional: /\.html?$/, default: 'index.html', help: 'a single-page application: pages that do not exist get this file' },
  { name: 'clean-urls', value: 'HOW', default: 'serve', help: '/about for about.html: `serve` it, also `redirect` from /about.html, or `off`' },
  { name: 'browse', short: 'b', help: 'list folders that have no index' },
  { name: 'max-age', short: 'm', value: 'SECONDS', default: 'caches ask each time, by ETag', help: 'how long caches keep what is neither HTML nor named by a hash' },
  { name: 'immutable', short: 'i', help: 'with --max-age: not even a reload asks' },
  { name: 'header', value: "'NAME: VALUE'", multiple: true, commas: true, help: 'a field of every answer; repeatable' },
  { name: 'cors', help: 'let pages of other sites read what is served' },
  { name: 'security-headers', help: 'X-Frame-Options, Referrer-Policy and others, as most sites want them' },
  { name: 'no-precompressed', help: 'do not look for name.br, name.zst and name.gz beside a file' },
  { name: 'no-compress', help: 'do not compress what is not compressed yet' },
  { name: 'no-rules', help: 'files called _headers and _redirects are files like any other' },
  { name: 'vhost', help: 'a folder below the root for each host: example.com/index.html' },
  { name: 'health', value: 'PATH', help: 'a path that is answered 200 by the server itself, such as /healthz' },
  { name: 'about', value: 'PATH', help: 'a path under which the server tells, as JSON, how it keeps and sends the file of ?path=' },
  { name: 'basic-auth', value: 'USER:PASSWORD', multiple: true, commas: true, help: 'who may see the site; repeatable' },
  { name: 'allow', value: 'ADDRESS', multiple: true, help: 'address or network (CIDR) that may ask, in place of all; repeatable' },
  { name: 'deny', value: 'ADDRESS', multiple: true, help: 'address or network that may not; repeatable' },
  { name: 'rate-limit', value: 'N[:BURST]', help: 'requests a second of one address, and how many at once' },
  { name: 'open', short: 'o', help: 'open the site in a browser' },
  { name: 'protect', value: 'HOW', default: 'auto', help: 'against change in mid-answer: auto, sealed, lease, copy, verify or off' },
  { name: 'guard-private-max-bytes', value: 'BYTES', default: '8388608', help: 'the largest file that is read once a version, and copied when hot' },
  { name: 'guard-private-max-total-bytes', value: 'BYTES', default: '256 MiB, or a quarter of the cgroup', help: 'memory of all such copies' },
  { name: 'guard-snapshot-dir', value: 'DIR', help: 'where snapshots are cloned (XFS, Btrfs); else they are made in memory' },
  { name: 'guard-snapshot-max-bytes', value: 'BYTES', default: '128 MiB, or an eighth of the cgroup', help: 'memory of all snapshots' },
  { name: 'guard-writer-delay-max', value: 'MS', default: '1000', help: 'the longest that a writer is held back' },
  { name: 'guard-reader-wait-max', value: 'MS', default: '500', help: 'the longest that a request waits for a writer to close' },
  { name: 'guard-stale-max', value: 'MS', default: '5000', help: 'how long the last whole version is served while somebody writes' },
  { name: 'guard-unknown-peer', value: 'HOW', default: 'probe', help: 'peers that may be on this host: probe, or always copy' },
  { name: 'guard-unsent-max-bytes', value: 'BYTES', default: '262144', help: "unsent bytes queued on a connection that is sent a leased file's pages; 0: the system's" },
  { name: 'quiet', short: 'q', help: 'no access log and no banner' },
  { name: 'log-format', value: 'FORMAT', default: 'pretty on a terminal, else json', help: 'access log: pretty, json or combined' },
  { name: 'log-file', value: 'FILE', default: 'standard output', help: 'append the access log to a file; SIGUSR1 reopens it' },
  { name: 'grace-period', value: 'SECONDS', default: '10', help: 'for answers under way after the first SIGTERM or SIGINT; a second ends them' },
  { name: 'request', value: "'NAME: VALUE'", multiple: true, commas: true, help: 'explain: a field of the request; repeatable, -H for short' },
  { name: 'method', value: 'METHOD', default: 'GET', help: 'explain: of the request' },
  { name: 'response', value: "'NAME: VALUE'", multiple: true, commas: true, help: 'explain: a field that the origin answers with; repeatable' },
  { name: 'status', value: 'STATUS', default: '200', help: 'explain: what the origin answers with' },
  { name: 'json', help: 'doctor, explain: print JSON' },
  { name: 'version', short: 'v', help: 'print the version' },
  { name: 'help', short: 'h', help: 'print this' },
] as const satisfies readonly Flag[];

export type FlagName = (typeof flags)[number]['name'];

/** What was asked for: values as text, by flag. */
export interface Arguments {
  readonly values: ReadonlyMap<FlagName, readonly string[]>;
  readonly positionals: readonly string[];
}

/** Something on the command line or in the environment that cannot be meant. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
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
  fromEnvironment(values, environment, positionals);
  return { values, positionals };
}

export function variableOf(flag: Flag): string {
  return `PAGECAST_${flag.name.toUpperCase().replaceAll('-', '_')}`;
}

function fromEnvironment(values: Map<FlagName, string[]>, environment: NodeJS.ProcessEnv, positionals: readonly string[]): void {
  for (const flag of flags as readonly Flag[]) {
    const name = flag.name as FlagName;
    if (values.has(name) || OF_THE_LINE.has(name)) continue;
    if (name === 'root' && positionals.length > 0) continue; // the command line decides
    const variable = [variableOf(flag), ...(flag.env ?? [])].find((candidate) => environment[candidate]);
    if (!variable) continue;
    const text = environment[variable]!;
    const isOn = ['1', 'true', 'yes', 'on'].includes(text.toLowerCase());
    const isOff = ['0', 'false', 'no', 'off'].includes(text.toLowerCase());
    if (flag.value && !(flag.optional && (isOn || isOff))) values.set(name, flag.multiple && !flag.commas ? text.split(',') : [text]);
    else if (isOn) values.set(name, [ALONE]);
    else if (!isOff) throw new UsageError(`${variable} must be 1 or 0, not "${text}"`);
  }
}

function hint(rawName: string, name: string): string {
  if (!rawName.startsWith('--')) return '; pagecast --help lists all';
  const near = flags.map((flag) => ({ name: flag.name, distance: editDistance(name, flag.name) })).sort((a, b) => a.distance - b.distance)[0]!;
  return near.distance <= Math.max(2, name.length / 3) ? `; did you mean --${near.name}?` : '; pagecast --help lists all';
}

/** Of names of a few characters: Levenshtein's, two neighbours that change places counting once. */
function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, i) => i)];
  for (let i = 1; i <= a.length; ++i) {
    const row = [i];
    for (let j = 1; j <= b.length; ++j) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      row[j] = Math.min(rows[i - 1]![j]! + 1, row[j - 1]! + 1, rows[i - 1]![j - 1]! + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) row[j] = Math.min(row[j]!, rows[i - 2]![j - 2]! + 1);
    }
    rows.push(row);
  }
  return rows[a.length]![b.length]!;
}

export function helpText(version: string): string {
  const rows = (flags as readonly Flag[]).map((flag) => {
    const left = `${flag.short ? `-${flag.short}, ` : '    '}--${flag.name}${flag.value ? ` ${flag.value}` : ''}`;
    return `  ${left.padEnd(26)} ${flag.help}${flag.default ? ` [${flag.default}]` : ''}`;
  });
  return [
    `pagecast ${version}: serves a folder over HTTP`, '',
    'Usage:', '  pagecast [DIR] [flags]      serve DIR', '  pagecast doctor [DIR]       what this machine allows, and what is missing',
    '  pagecast explain URL        what would be answered, and why',
    '  pagecast store VERB DIR     a cache on disk: ls, verify or rm', '',
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
