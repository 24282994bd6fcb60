// Options of the origins: types, defaults, and what is wrong with what was given.
import { type OriginAddress, originAddress } from './address.ts';

export interface OriginsOptions {
  /** `http://host:port`, `https://host`, `unix:/path.sock` or `unix:/path.sock:http://host`; with a weight, 1 unless told, and a name, by which a hook can choose it. */
  readonly urls: readonly (string | { readonly url: string; readonly weight?: number; readonly name?: string })[];
  /** Who is asked next: in turn by weight (default), or who has the fewest requests for its weight. */
  readonly balance?: 'round-robin' | 'least-connections';
  /** Of one worker to one origin. Default 256. */
  readonly connectionsMax?: number;
  /** Requests of one worker that wait for a connection; more are answered 503. Default 1024. */
  readonly queueMax?: number;
  /** How long they wait, in milliseconds. Default 10,000. */
  readonly queueTimeoutMs?: number;
  /** For name, connection and TLS handshake together. Default 5,000. */
  readonly connectTimeoutMs?: number;
  /** From the end of the request to the end of the answer's head; an interim answer starts it anew. Default 60,000. */
  readonly headTimeoutMs?: number;
  /** Between two pieces of the answer's body. Default 60,000. */
  readonly bodyTimeoutMs?: number;
  /** How long an unused connection is kept; less where the origin says so. Default 4,000, because many servers close theirs after 5. */
  readonly keepAliveMs?: number;
  /** After which a connection gets no new request, so that a name that moves is followed. Default 60,000. */
  readonly connectionLifetimeMs?: number;
  /** Of the head of an answer, interim ones included. Default 65,536. */
  readonly headBytesMax?: number;
  /** How often a request is sent again, see Origins. Default 2. */
  readonly retriesMax?: number;
  readonly tls?: {
    /** Certificates (PEM) to trust, in the place of the system's. */
    readonly ca?: string | readonly string[];
    /** The name that is asked for and looked for in the certificate. Default: the host of the URL. */
    readonly servername?: string;
    /** Default true. */
    readonly rejectUnauthorized?: boolean;
  };
  readonly health?: {
    /** Failures in a row (no connection, closed or silent before a head) after which an origin is left out. Default 3. */
    readonly failuresMax?: number;
    /** How long it is left out the first time, doubled each time that its trial fails. Default 1,000. */
    readonly backoffMs?: number;
    /** Default 30,000. */
    readonly backoffMsMax?: number;
    /** Ask each origin, from each worker, whether it is well; after failuresMax bad answers in a row it is left out until a good one. */
    readonly active?: {
      readonly path: string;
      /** Default 5,000. */
      readonly intervalMs?: number;
      /** Default 2,000. */
      readonly timeoutMs?: number;
      /** Default: any from 200 to 399. */
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

const HOUR_MS = 3_600_000;
const WEIGHT_MAX = 1_000;
const ORIGINS_MAX = 256;

/** [smallest, largest, default] */
const numbers = {
  connectionsMax: [1, 65_535, 256],
  queueMax: [0, 1_000_000, 1_024],
  queueTimeoutMs: [1, HOUR_MS, 10_000],
  connectTimeoutMs: [1, HOUR_MS, 5_000],
  headTimeoutMs: [1, HOUR_MS, 60_000],
  bodyTimeoutMs: [1, HOUR_MS, 60_000],
  keepAliveMs: [1, HOUR_MS, 4_000],
  connectionLifetimeMs: [1, 24 * HOUR_MS, 60_000],
  headBytesMax: [1_024, 1_048_576, 65_536],
  retriesMax: [0, 10, 2],
} as const;
const healthNumbers = { failuresMax: [1, 1_000, 3], backoffMs: [1, HOUR_MS, 1_000], backoffMsMax: [1, HOUR_MS, 30_000] } as const;
const probeNumbers = { intervalMs: [10, HOUR_MS, 5_000], timeoutMs: [1, HOUR_MS, 2_000] } as const;

const KEYS = new Set([...Object.keys(numbers), 'urls', 'balance', 'tls', 'health']);
const TLS_KEYS = new Set(['ca', 'servername', 'rejectUnauthorized']);
const HEALTH_KEYS = new Set([...Object.keys(healthNumbers), 'active']);
const PROBE_KEYS = new Set([...Object.keys(probeNumbers), 'path', 'expectStatus']);

type Bounds = Readonly<Record<string, readonly [number, number, number]>>;
type Given = Readonly<Record<string, unknown>>;

/** Every fault is told; with one, the result is of no use. */
export function resolveOrigins(options: OriginsOptions, faults: string[]): ResolvedOrigins {
  const given = groupOf(options, 'origins', KEYS, faults);
  const health = groupOf(given['health'] ?? {}, 'origins.health', HEALTH_KEYS, faults);
  const balance: unknown = given['balance'] ?? 'round-robin';
  if (balance !== 'round-robin' && balance !== 'least-connections') {
    faults.push(`origins.balance must be "round-robin" or "least-connections", not ${JSON.stringify(balance)}`);
  }
  const resolved: ResolvedOrigins = {
    origins: originsOf(given['urls'], faults),
    balance: balance === 'least-connections' ? balance : 'round-robin',
    ...numbersOf(given, numbers, 'origins', faults),
    tls: tlsOf(groupOf(given['tls'] ?? {}, 'origins.tls', TLS_KEYS, faults), faults),
    ...numbersOf(health, healthNumbers, 'origins.health', faults),
    probe: health['active'] === undefined ? undefined : probeOf(groupOf(health['active'], 'origins.health.active', PROBE_KEYS, faults), faults),
  };
  const { backoffMs, backoffMsMax } = resolved;
  if (backoffMs > backoffMsMax) faults.push(`origins.health.backoffMs (${backoffMs}) must not exceed backoffMsMax (${backoffMsMax})`);
  return resolved;
}

function groupOf(given: unknown, group: string, keys: ReadonlySet<string>, faults: string[]): Given {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    faults.push(`${group} must be an object, not ${JSON.stringify(given)}`);
    return {};
  }
  for (const key of Object.keys(given)) if (!keys.has(key)) faults.push(`unknown option "${group}.${key}"`);
  return given as Given;
}

function numbersOf<B extends Bounds>(given: Given, bounds: B, group: string, faults: string[]): Record<keyof B, number> {
  const entries = Object.entries(bounds).map(([key, [min, max, fallback]]) => {
    const value = given[key] ?? fallback;
    if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return [key, value];
    faults.push(`${group}.${key} must be a whole number from ${min} to ${max}, not ${JSON.stringify(value)}`);
    return [key, fallback];
  });
  return Object.fromEntries(entries) as Record<keyof B, number>;
}

function originsOf(given: unknown, faults: string[]): ResolvedOrigins['origins'] {
  if (!Array.isArray(given) || given.length === 0 || given.length > ORIGINS_MAX) {
    faults.push(`origins.urls must be a list of 1 to ${ORIGINS_MAX} URLs`);
    return [];
  }
  const seen = new Set<string>();
  const names = new Set<string>();
  return given.flatMap((item: unknown) => {
    const { url, weight = 1, name, ...others } = (typeof item === 'string' ? { url: item } : typeof item === 'object' && item !== null ? item : {}) as Given;
    for (const key of Object.keys(others)) faults.push(`unknown option "origins.urls.${key}"`);
    const address = typeof url === 'string' ? originAddress(url) : 'it is not a text';
    if (typeof address === 'string') faults.push(`origins.urls: ${JSON.stringify(url)}: ${address}`);
    else if (seen.has(address.url)) faults.push(`origins.urls: ${JSON.stringify(url)} is given twice; give it a weight`);
    if (typeof weight !== 'number' || !Number.isInteger(weight) || weight < 1 || weight > WEIGHT_MAX) {
      faults.push(`origins.urls: the weight of ${JSON.stringify(url)} must be a whole number from 1 to ${WEIGHT_MAX}, not ${JSON.stringify(weight)}`);
      return [];
    }
    if (name !== undefined && (typeof name !== 'string' || name === '' || names.has(name))) faults.push(`origins.urls: the name of ${JSON.stringify(url)} must be a text of its own, not ${JSON.stringify(name)}`);
    if (typeof address === 'string') return [];
    if (typeof name === 'string') names.add(name);
    seen.add(address.url);
    return [{ address, weight, name: typeof name === 'string' ? name : undefined }];
  });
}

function tlsOf(given: Given, faults: string[]): ResolvedTls {
  const { ca, servername, rejectUnauthorized = true } = given;
  const certificates: readonly unknown[] | undefined = ca === undefined ? undefined : Array.isArray(ca) ? ca : [ca];
  if (certificates?.some((text) => typeof text !== 'string' || !text.includes('-----BEGIN '))) faults.push('origins.tls.ca must be certificates in PEM');
  if (servername !== undefined && (typeof servername !== 'string' || !/^[\w.-]{1,253}$/.test(servername))) {
    faults.push(`origins.tls.servername must be a host name, not ${JSON.stringify(servername)}`);
  }
  if (typeof rejectUnauthorized !== 'boolean') faults.push(`origins.tls.rejectUnauthorized must be true or false, not ${JSON.stringify(rejectUnauthorized)}`);
  return {
    ca: certificates?.filter((text) => typeof text === 'string'),
    servername: typeof servername === 'string' ? servername : undefined,
    rejectUnauthorized: rejectUnauthorized !== false,
  };
}

function probeOf(given: Given, faults: string[]): ResolvedProbe {
  const { path, expectStatus } = given;
  if (typeof path !== 'string' || !/^\/[\x21-\x7e]*$/.test(path)) {
    faults.push(`origins.health.active.path must be a path such as "/health", not ${JSON.stringify(path)}`);
  }
  if (expectStatus !== undefined && !(typeof expectStatus === 'number' && Number.isInteger(expectStatus) && expectStatus >= 200 && expectStatus <= 599)) {
    faults.push(`origins.health.active.expectStatus must be a status from 200 to 599, not ${JSON.stringify(expectStatus)}`);
  }
  return {
    path: typeof path === 'string' ? path : '/',
    expectStatus: typeof expectStatus === 'number' ? expectStatus : undefined,
    ...numbersOf(given, probeNumbers, 'origins.health.active', faults),
  };
}
