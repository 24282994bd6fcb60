// Who counts, as data: words and environment of a command line, a config, and what comes of one member of it. DIR is a folder that is there.

export interface PrecedenceCase {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly file?: object;
  readonly path: readonly (string | number)[];
  readonly value: unknown;
  /** `file`, `default`, or the name of the flag or variable. */
  readonly source: string;
}

export const precedenceCases: readonly PrecedenceCase[] = [
  // One above the other.
  { path: ['workers'], value: undefined, source: 'default' },
  { file: { workers: 2 }, path: ['workers'], value: 2, source: 'file' },
  { file: { workers: 2 }, env: { PAGECAST_WORKERS: '3' }, path: ['workers'], value: 3, source: 'PAGECAST_WORKERS' },
  { file: { workers: 2 }, env: { PAGECAST_WORKERS: '3' }, args: ['--workers', '4'], path: ['workers'], value: 4, source: '--workers' },
  { file: { workers: 2 }, args: ['--workers', '4'], path: ['workers'], value: 4, source: '--workers' },
  { file: { workers: undefined }, env: { PAGECAST_WORKERS: '3' }, path: ['workers'], value: 3, source: 'PAGECAST_WORKERS' },
  { file: { workers: undefined }, path: ['workers'], value: undefined, source: 'default' },
  // Switches, also put off.
  { file: { cors: true }, path: ['cors'], value: true, source: 'file' },
  { file: { cors: true }, env: { PAGECAST_CORS: '0' }, path: ['cors'], value: false, source: 'PAGECAST_CORS' },
  { file: { cors: true }, env: { PAGECAST_CORS: '0' }, args: ['--cors'], path: ['cors'], value: true, source: '--cors' },
  { file: { compress: true }, args: ['--no-compress'], path: ['compress'], value: false, source: '--no-compress' },
  { file: { compress: false }, env: { PAGECAST_NO_COMPRESS: 'no' }, path: ['compress'], value: true, source: 'PAGECAST_NO_COMPRESS' },
  { file: { spa: 'app.html' }, env: { PAGECAST_SPA: 'off' }, path: ['spa'], value: false, source: 'PAGECAST_SPA' },
  { file: { spa: false }, args: ['--spa'], path: ['spa'], value: true, source: '--spa' },
  { args: ['--spa', 'app.html'], path: ['spa'], value: 'app.html', source: '--spa' },
  // The group of a site is no other place.
  { file: { site: { listing: true } }, path: ['listing'], value: true, source: 'file' },
  { file: { site: { maxAgeS: 5 } }, args: ['-m', '6'], path: ['maxAgeS'], value: 6, source: '--max-age' },
  // Groups are merged member by member.
  { file: { guard: { staleMaxMs: 1, readerWaitMaxMs: 2 } }, args: ['--guard-stale-max', '3'], path: ['guard', 'staleMaxMs'], value: 3, source: '--guard-stale-max' },
  { file: { guard: { staleMaxMs: 1, readerWaitMaxMs: 2 } }, args: ['--guard-stale-max', '3'], path: ['guard', 'readerWaitMaxMs'], value: 2, source: 'file' },
  { file: { headers: { 'X-A': 'a', 'X-B': 'b' } }, args: ['--header', 'X-B: c'], path: ['headers', 'X-A'], value: 'a', source: 'file' },
  { file: { headers: { 'X-A': 'a', 'X-B': 'b' } }, args: ['--header', 'X-B: c', '--header', 'X-B: d'], path: ['headers', 'X-B'], value: ['c', 'd'], source: '--header' },
  { file: { access: { users: ['a:b'], realm: 'r' } }, args: ['--basic-auth', 'c:d'], path: ['access', 'users'], value: ['c:d'], source: '--basic-auth' },
  { file: { access: { users: ['a:b'], realm: 'r' } }, args: ['--basic-auth', 'c:d'], path: ['access', 'realm'], value: 'r', source: 'file' },
  { file: { access: { allow: ['10.0.0.1'] } }, env: { PAGECAST_ALLOW: '10.0.0.2,10.0.0.3' }, path: ['access', 'allow'], value: ['10.0.0.2', '10.0.0.3'], source: 'PAGECAST_ALLOW' },
  { args: ['--rate-limit', '10:50'], path: ['access', 'rateLimit'], value: { perSecond: 10, burst: 50 }, source: '--rate-limit' },
  // Short forms are spelled out before they are merged.
  { file: { proxy: 'http://a' }, path: ['proxy', 'urls'], value: ['http://a'], source: 'file' },
  { file: { proxy: ['http://a', 'http://b'] }, args: ['--host-header', 'h'], path: ['proxy', 'urls'], value: ['http://a', 'http://b'], source: 'file' },
  { file: { proxy: 'http://a' }, args: ['--host-header', 'h'], path: ['proxy', 'host'], value: 'h', source: '--host-header' },
  { file: { proxy: { urls: ['http://a'], retriesMax: 1 } }, args: ['-P', 'http://c', '-P', 'http://d'], path: ['proxy', 'urls'], value: ['http://c', 'http://d'], source: '--proxy' },
  { file: { proxy: { urls: ['http://a'], retriesMax: 1 } }, args: ['-P', 'http://c'], path: ['proxy', 'retriesMax'], value: 1, source: 'file' },
  { file: { proxy: 'http://a', store: 'DIR' }, args: ['--store-size', '2g'], path: ['store'], value: { dir: 'DIR', bytesMax: 2 ** 31 }, source: 'file' },
  { file: { proxy: 'http://a', store: 'DIR' }, args: ['--store-size', '2g'], path: ['store', 'bytesMax'], value: 2 ** 31, source: '--store-size' },
  { file: { proxy: 'http://a' }, args: ['--cache-size', '4m'], path: ['cache', 'bytesMax'], value: 4 << 20, source: '--cache-size' },
  // Where to listen.
  { path: ['listen'], value: ['[::]:8080'], source: 'default' },
  { file: { listen: 9000 }, path: ['listen'], value: 9000, source: 'file' },
  { file: { listen: 9000 }, env: { PORT: '9001' }, path: ['listen'], value: ['[::]:9001'], source: 'PORT' },
  { file: { listen: 9000 }, env: { PORT: '9001', PAGECAST_PORT: '9002' }, path: ['listen'], value: ['[::]:9002'], source: 'PAGECAST_PORT' },
  { file: { listen: 9000 }, env: { PORT: '9001' }, args: ['-H', '127.0.0.1'], path: ['listen'], value: ['127.0.0.1:9001'], source: 'PORT' },
  { file: { listen: 9000 }, args: ['-l', '127.0.0.1:1', '-l', 'unix:/s'], path: ['listen'], value: ['127.0.0.1:1', 'unix:/s'], source: '--listen' },
  // What the command does by itself.
  { path: ['accessLog'], value: 'json', source: 'default' },
  { file: { accessLog: false }, path: ['accessLog'], value: false, source: 'file' },
  { file: { accessLog: 'json' }, args: ['-q'], path: ['accessLog'], value: false, source: '--quiet' },
  { args: ['-q', '--log-format', 'combined'], path: ['accessLog'], value: false, source: '--quiet' },
  { args: ['-q', '--log-format', 'combined', '--log-file', '/dev/null'], path: ['accessLog'], value: 'combined', source: '--log-format' },
  { path: ['control', 'listen'], value: 'auto', source: 'default' },
  { file: { control: 'unix:/c' }, path: ['control', 'listen'], value: 'unix:/c', source: 'file' },
  { file: { control: 'unix:/c' }, args: ['--control', 'off'], path: ['control'], value: undefined, source: '--control' },
  { file: { control: 'unix:/c' }, args: ['--control', 'unix:/d'], path: ['control', 'listen'], value: 'unix:/d', source: '--control' },
  // Units.
  { args: ['--grace-period', '5'], path: ['graceMs'], value: 5000, source: '--grace-period' },
  { args: ['--socket-mode', '660'], path: ['socketMode'], value: 0o660, source: '--socket-mode' },
  { file: { graceMs: 1 }, env: { PAGECAST_GRACE_PERIOD: '2' }, path: ['graceMs'], value: 2000, source: 'PAGECAST_GRACE_PERIOD' },
  // Folders.
  { file: { root: 'DIR' }, path: ['root'], value: 'DIR', source: 'file' },
  { file: { root: '/nowhere-that-counts' }, args: ['DIR'], path: ['root'], value: 'DIR', source: '[DIR]' },
  { file: { sites: [{ root: 'DIR' }], headers: { 'X-A': 'a' } }, args: ['--header', 'X-B: b'], path: ['sites', 0, 'root'], value: 'DIR', source: 'file' },
];

export interface RefusedCase {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly file?: object;
  readonly says: RegExp;
}

/** Faults are told by the name of who has made them. */
export const refusedCases: readonly RefusedCase[] = [
  { args: ['--workers', '0'], says: /^--workers must be a whole number from 1 to 256, not 0$/ },
  { env: { PAGECAST_WORKERS: 'two' }, says: /^PAGECAST_WORKERS must be a whole number from 1 to 256, not "two"$/ },
  { file: { workers: 0, nope: 1 }, says: /^FILE: workers must be a whole number from 1 to 256, not 0; unknown option "nope"$/ },
  { args: ['--workers', '0', '--index', 'a/b', '--deny', 'x'], says: /^--workers must be .*; --index must be .*; --deny: "x" is neither/ },
  { file: { sites: [{ root: 'DIR' }] }, args: ['DIR'], says: /^\[DIR\]: it is of one site: where there are sites, it stands in one of them$/ },
  { file: { sites: [{ root: 'DIR' }] }, args: ['-P', 'http://h'], says: /^--proxy: it is of one site/ },
  { file: { root: 'DIR' }, args: ['--hooks', 'h.ts'], says: /^--hooks steers a cache in front of origins: --proxy is missing$/ },
  { env: { PAGECAST_HOOKS: 'h.ts' }, says: /^PAGECAST_HOOKS steers/ },
  { args: ['--immutable'], says: /^--immutable says that --max-age is meant, which is missing$/ },
  { file: { root: 'DIR', proxy: 'http://h' }, args: ['--spa'], says: /^--spa: it answers whatever is no file/ },
  { args: ['--guard-private-max-bytes', '1024'], says: /^arena\.fileBytesMax must not be above guard\.privateMaxBytes \(1024\)/ },
  { file: { logFile: '/proc/nothing' }, says: /^logFile \/proc\/nothing cannot be written/ },
];

