// The language of configs: what there is beside the options of a server, and defineConfig(). docs/CONFIG.md is made from these
// docstrings and from the schema (schema.ts), which the compiler holds against these types.
import type { ControlOptions } from '../control/options.ts';
import type { Protect, ServerOptions } from '../options.ts';
import type { CacheRules, ProxyOptions, StoreOptions } from '../proxy-options.ts';
import type { TlsOptions } from '../tls/options.ts';
import type { AccessOptions, SiteOptions } from '../site-options.ts';

/** What a site is. Beside `sites` these are what each of them has unless it says otherwise; `root`, `proxy` and `routes` are of one site alone. */
export interface SiteMembers extends SiteOptions {
  /** The folder to serve. Default: the current directory, where there is neither `proxy` nor `sites`. */
  readonly root?: string;
  /** What a request for a directory gets. Default `index.html`. */
  readonly index?: string;
  /** Serve names that begin with a dot. Default false; `/.well-known` is always served. */
  readonly dotfiles?: boolean;
  /** Follow symbolic links `inside` the root (default), or `none`. Nothing outside the root is ever served. */
  readonly symlinks?: 'inside' | 'none';
  /** How files are protected against change in mid-answer. Default `auto`: the cheapest that holds. */
  readonly protect?: Protect;
  /** Origins to stand before, in place of a folder, or of what is not in it. */
  readonly proxy?: string | ProxyOptions['urls'] | ProxyOptions;
  /** What is stored of what origins answer, and for how long. */
  readonly cache?: CacheRules;
  /** Who may ask. Default: everybody. */
  readonly access?: AccessOptions;
  /** How often one client may ask, whatever `access` says. Default: as often as it likes. */
  readonly rateLimit?: RateLimitConfig;
  /** What some requests get in place of the site. The first that matches answers; default none. */
  readonly routes?: readonly RouteConfig[];
}

export interface SiteConfig extends SiteMembers {
  /**
   * Its names, such as `example.com`, or `*.example.com` for all below; addresses as they stand in URLs. Ports do not matter. Default: the
   * site of all hosts that no other site has.
   */
  readonly hosts?: readonly string[];
}

/**
 * Exactly one of `root`, `proxy`, `redirect`, `respond` and `handle` says what is answered. Options of files are of use beside `root`; what
 * is not said is as the site has it.
 */
export interface RouteConfig extends Omit<SiteOptions, 'virtualHosts' | 'health' | 'about'> {
  /** `/exact`, or `/below/*` for the path and all below it; compared as what they stand for, percent-encoding decoded. A slash at the end counts on neither side. Default: every path. */
  readonly path?: string;
  /** Of the request; GET stands for HEAD, too. Default: every method. */
  readonly method?: string | readonly string[];
  /** Fields of the request that must all match: text is the whole value, `true` that it is there. Default none. */
  readonly requestHeaders?: Readonly<Record<string, string | RegExp | true>>;
  /** A folder with the files to answer with. The whole path is looked up below it. */
  readonly root?: string;
  /** Origins to ask. They are told the whole path. */
  readonly proxy?: string | ProxyOptions['urls'] | ProxyOptions;
  /** Somewhere else to go. */
  readonly redirect?: RedirectConfig;
  /** An answer that is always the same. */
  readonly respond?: RespondConfig;
  /** A function that answers. It runs in the workers: what it keeps in variables is of each of them. */
  readonly handle?: Handler;
  /** What a request for a directory gets. Default: as the site. */
  readonly index?: string;
  /** Serve names that begin with a dot. Default: as the site. */
  readonly dotfiles?: boolean;
  /** Follow symbolic links `inside` the root, or `none`. Default: as the site. */
  readonly symlinks?: 'inside' | 'none';
  /** How files are protected against change in mid-answer. Default: as the site. */
  readonly protect?: Protect;
  /** In place of the rules of the site, one by one. */
  readonly cache?: CacheRules;
  /** In place of what the site says, one by one: `users: []` lets everybody in. */
  readonly access?: AccessOptions;
  /** In place of the one of the site. */
  readonly rateLimit?: RateLimitConfig;
}

export interface RedirectConfig {
  /** A path, or a URL; `:splat` stands for what `*` of the route's path has matched. */
  readonly to: string;
  /** 301, 302, 303, 307 or 308. Default 302. */
  readonly status?: number;
}

export interface RespondConfig {
  /** 200 to 599, without 304. Default 200. */
  readonly status?: number;
  /** Several values are several lines. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Text is sent as UTF-8; Content-Type is `text/plain` for it, unless it is told. Default: nothing. */
  readonly body?: string | Uint8Array;
}

/** As a service worker or an edge function has it. What it throws, and what is no Response, is answered 500 and told to the operator. */
export type Handler = (request: Request) => Response | Promise<Response>;

export interface RateLimitConfig {
  /** Requests a second of one client, all workers together; 0.001 to 1,000,000. */
  readonly perSecond: number;
  /** Requests at once of one that has been away for long enough; whole, 1 to 1,000,000. Default: `perSecond`, rounded up. */
  readonly burst?: number;
  /** Who counts as one: an `address` (default; of IPv6 a /64), or who sends the same value in a field, such as an API key. */
  readonly by?: 'address' | { readonly header: string };
}

/** What is of the whole server, beside what it was made for. */
export interface ServerMembers {
  /** Ports, `host:port`, `[v6]:port`, `unix:/path` or `fd:N`. Default: port 8080. */
  readonly listen?: string | number | readonly (string | number)[];
  /** TLS on all of these. Default: plain HTTP. */
  readonly tls?: TlsOptions;
  /** A file that the command appends the access log to; SIGUSR1 reopens it. Default: standard output. createServer() gives lines to onAccessLog(). */
  readonly logFile?: string;
  /** Several sites, by host. Default: one, which is what stands beside. */
  readonly sites?: readonly SiteConfig[];
  /** Addresses and networks of balancers, `unix` for those on a unix socket, that begin each connection with a PROXY header, version 1 or 2. Default: none; who is not listed must not send one. */
  readonly proxyProtocol?: readonly string[];
  /** Purges that reach every machine, by way of Redis. Default: this server is alone. */
  readonly cluster?: ClusterOptions;
  /** Where spans of requests are sent. Default: nowhere. */
  readonly tracing?: TracingOptions;
  /** Where what origins answer is stored besides memory; a text is `dir`. Default: nowhere, and nothing is left of it after a start. */
  readonly store?: string | StoreOptions;
  /** Where operators ask how it is doing, and tell it what to do; a text is `listen`. Default: nowhere; of the command: `auto`. */
  readonly control?: string | ControlOptions;
}

/** Several machines that purge together; docs/CLUSTER.md. */
export interface ClusterOptions {
  /** `redis://host:port`, `rediss://user:password@host:port/database` (TLS), `unix:/path.sock` or `unix://user:password@/path.sock?db=1`; Redis 6.2 and later, or Valkey. */
  readonly redis: string;
  /** The key of the stream that purges go through; the same for all who belong together. Default `pagecast`. */
  readonly stream?: string;
  /** Without word from Redis for so long, what is stored is validated before it is used, each time that so long has passed; milliseconds. Default 5000. */
  readonly staleMaxMs?: number;
  /** The longest that a purge waits for Redis before it is answered, in milliseconds. Default 2000. */
  readonly timeoutMs?: number;
  /** About so many entries are kept in the stream: a node that was away for longer purges everything. Default 100,000, which take 13 MB with URLs of 70 bytes. */
  readonly entriesMax?: number;
  /** Purges that wait while Redis is away, in memory; those that come after are refused. Default 65,536, of 16 MiB at most. */
  readonly queueMax?: number;
  /** Where another machine is told to reload, and runs a config that is not this one's by then, this one reloads as well: what its own files say. Default `false`: it only tells that they differ. */
  readonly reload?: boolean;
  /** Of `rediss`. */
  readonly tls?: ClusterTls;
}

/** How machines and Redis know each other, where it is not by the system's certificates. */
export interface ClusterTls {
  /** Certificates (PEM) to trust, in the place of the system's. */
  readonly ca?: string | readonly string[];
  /** The name that is asked for and looked for in the certificate. Default: the host of the URL. */
  readonly servername?: string;
  /** What this machine shows, where Redis asks for it (PEM). */
  readonly certificate?: string;
  /** Of that certificate (PEM). */
  readonly privateKey?: string;
}

/** Spans of requests, sent to a collector of OpenTelemetry by OTLP over HTTP; docs/OPERATIONS.md. */
export interface TracingOptions {
  /** Where the collector takes OTLP in JSON, such as `http://collector:4318/v1/traces`; credentials in it are sent as Basic. */
  readonly endpoint: string;
  /** What the server is called in them. Default `pagecast`. */
  readonly serviceName?: string;
  /** The share of requests that are traced, of those that bring no decision of their own (W3C Trace Context); 0 to 1. Default 1. */
  readonly sampleRatio?: number;
  /** Fields of what is sent, such as Authorization. Default none. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a config can be made from. */
export interface ConfigContext {
  /** The environment as main had it when the file was loaded, in every worker. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

export type ConfigSource = ServerOptions | ((context: ConfigContext) => ServerOptions);

/**
 * The default export of a `pagecast.config.ts`.
 *
 *     export default defineConfig({
 *       sites: [
 *         { hosts: ['example.com'], root: './dist', routes: [{ path: '/api/*', proxy: 'http://127.0.0.1:3000' }] },
 *         { hosts: ['*.example.com'], routes: [{ redirect: { to: 'https://example.com/', status: 301 } }] },
 *       ],
 *     });
 */
export function defineConfig(source: ConfigSource): ConfigSource {
  return source;
}
