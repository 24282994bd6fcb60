// Options of the origins: types and defaults.
import { type OriginAddress, originAddress } from './address.ts';

export interface OriginsOptions {
  /** `http://host:port`, `https://host`, `unix:/path.sock` or `unix:/path.sock:http://host`; with a weight, 1 unless told, and a name, by which a hook can choose it. */
  readonly urls: readonly (string | {
    /** Of the origin. */
    readonly url: string;
    /** Its part of the requests. Default 1. */
    readonly weight?: number;
    /** By which a hook can choose it. Default: its URL. */
    readonly name?: string;
  })[];
  /** Who is asked next: by `round-robin` in turn, as the weights say (default); or by `least-connections` who has the fewest requests for its weight. */
  readonly balance?: 'round-robin' | 'least-connections';
  /** Connections of one worker to one origin. Default 256. */
  readonly connectionsMax?: number;
  /** Requests of one worker that wait for a connection; more are answered 503. Default 1024. */
  readonly queueMax?: number;
  /** How long they wait, in milliseconds. Default 10,000. */
  readonly queueTimeoutMs?: number;
  /** For name, connection and TLS handshake together, in milliseconds. Default 5,000. */
  readonly connectTimeoutMs?: number;
  /** From the end of the request to the end of the answer's head; an interim answer starts it anew; milliseconds. Default 60,000. */
  readonly headTimeoutMs?: number;
  /** Between two pieces of the answer's body, in milliseconds. Default 60,000. */
  readonly bodyTimeoutMs?: number;
  /** How long an unused connection is kept, in milliseconds; less where the origin says so. Default 4,000, because many servers close theirs after 5 s. */
  readonly keepAliveMs?: number;
  /** After which a connection gets no new request, so that a name that moves is followed; milliseconds. Default 60,000. */
  readonly connectionLifetimeMs?: number;
  /** Of the head of an answer, interim ones included; bytes. Default 65,536. */
  readonly headBytesMax?: number;
  /** How often a request is sent again, see Origins. Default 2. */
  readonly retriesMax?: number;
  /** How origins at https are known. */
  readonly tls?: {
    /** Certificates (PEM) to trust. Default: the system's. */
    readonly ca?: string | readonly string[];
    /** The name that is asked for and looked for in the certificate. Default: the host of the URL. */
    readonly servername?: string;
    /** Ask nothing of an origin whose certificate is not trusted. Default true. */
    readonly rejectUnauthorized?: boolean;
  };
  /** When an origin is left out, and when it is asked again. */
  readonly health?: {
    /** Failures in a row (no connection, closed or silent before a head) after which an origin is left out. Default 3. */
    readonly failuresMax?: number;
    /** How long it is left out the first time, doubled each time that its trial fails; milliseconds. Default 1,000. */
    readonly backoffMs?: number;
    /** The longest that it is left out before it is tried again, in milliseconds. Default 30,000. */
    readonly backoffMsMax?: number;
    /** Ask each origin, from each worker, whether it is well; after failuresMax bad answers in a row it is left out until a good one. */
    readonly active?: {
      /** What is asked for, by GET. */
      readonly path: string;
      /** Between two questions, in milliseconds. Default 5,000. */
      readonly intervalMs?: number;
      /** For the answer, in milliseconds. Default 2,000. */
      readonly timeoutMs?: number;
      /** The status of an origin that is well. Default: any from 200 to 399. */
      readonly expectStatus?: number;
    };
  };
}

export interface ResolvedTls {
  readonly ca: readonly string[] | undefined;
  readonly servername: string | undefined;
  readonly rejectUnauthorized: boolean;
}

export interface ResolvedProbe {
  readonly path: string;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly expectStatus: number | undefined;
}

/** Plain data: it travels to the workers. */
export interface ResolvedOrigins {
  readonly origins: readonly { readonly address: OriginAddress; readonly weight: number; readonly name: string | undefined }[];
  readonly balance: 'round-robin' | 'least-connections';
  readonly connectionsMax: number;
  readonly queueMax: number;
  readonly queueTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly headTimeoutMs: number;
  readonly bodyTimeoutMs: number;
  readonly keepAliveMs: number;
  readonly connectionLifetimeMs: number;
  readonly headBytesMax: number;
  readonly retriesMax: number;
  readonly tls: ResolvedTls;
  readonly failuresMax: number;
  readonly backoffMs: number;
  readonly backoffMsMax: number;
  readonly probe: ResolvedProbe | undefined;
}

export const originsDefaults = {
  balance: 'round-robin', connectionsMax: 256, queueMax: 1_024, queueTimeoutMs: 10_000, connectTimeoutMs: 5_000, headTimeoutMs: 60_000, bodyTimeoutMs: 60_000,
  keepAliveMs: 4_000, connectionLifetimeMs: 60_000, headBytesMax: 65_536, retriesMax: 2,
} as const satisfies Partial<OriginsOptions>;
export const healthDefaults = { failuresMax: 3, backoffMs: 1_000, backoffMsMax: 30_000 } as const;
export const probeDefaults = { intervalMs: 5_000, timeoutMs: 2_000 } as const;

/** Of options in which nothing is wrong (server/config/schema-proxy.ts). */
export function resolveOrigins({ urls, tls = {}, health = {}, ...given }: OriginsOptions): ResolvedOrigins {
  const { ca, servername, rejectUnauthorized = true } = tls;
  const { active, ...waits } = health;
  return {
    origins: urls.map((one) => (typeof one === 'string' ? originOf({ url: one }) : originOf(one))),
    ...originsDefaults, ...present(given),
    tls: { ca: ca === undefined ? undefined : typeof ca === 'string' ? [ca] : ca, servername, rejectUnauthorized },
    ...healthDefaults, ...present(waits),
    probe: active && { expectStatus: undefined, ...probeDefaults, ...present(active), path: active.path },
  };
}

function originOf({ url, weight = 1, name }: { readonly url: string; readonly weight?: number; readonly name?: string }): ResolvedOrigins['origins'][number] {
  const address = originAddress(url);
  if (typeof address === 'string') throw new Error(`${url}: ${address}`);
  return { address, weight, name };
}

/** Without what is undefined: that is as good as absent. */
function present<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}
