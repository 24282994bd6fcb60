/** Who stands in front of the origin in the cache section, and how each of them says that an answer was stored. */
import { mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import type { CacheName } from './cache-rows.ts';
import { recordTarget, type OriginRecord } from './cache-site.ts';
import type { Cores } from './cpu.ts';
import { reasonOf } from './errors.ts';
import { systemCongestionControl } from './machine.ts';
import { helper } from './paths.ts';
import { Connection, requestHead, type Address } from './probe.ts';
import type { Scope } from './processes.ts';
import { freePort, isMissing, launched, startNginxCache, startPagecast, startProxy, untilAnswering } from './servers.ts';
import type { Missing, Server, Site } from './servers.ts';
import { startVarnish } from './varnish.ts';

/** Memory that each cache may have for what it stores: no row comes near it. As a flag of pagecast, varnish and nginx. */
const CACHE_SIZE = '1g';
/** A file that everybody has, and no row asks for. */
const READY_TARGET = '/16k.bin';
const MEMORY_FILESYSTEM = '/dev/shm';
const MEMORY_BYTES_MIN = 512 * 1024 * 1024;

type Fields = ReadonlyMap<string, string>;

/** What says that an answer came from the store. */
const HIT_SIGNS: Readonly<Record<CacheName, (fields: Fields) => boolean>> = {
  static: () => true,
  proxy: saysHit,
  'proxy-default-cc': saysHit,
  // Of a hit it has two numbers: this request, and the one that brought what is stored.
  varnish: (fields) => fields.has('age') && /^\d+ \d+$/.test(fields.get('x-varnish') ?? ''),
  'nginx-cache': (fields) => fields.get('x-cache-status') === 'HIT',
};

function saysHit(fields: Fields): boolean {
  return fields.has('age') && /^pagecast;hit(?:;|$)/.test(fields.get('cache-status') ?? '');
}

export function isHit(name: CacheName, fields: Fields): boolean {
  return HIT_SIGNS[name](fields);
}

export class Origin {
  readonly server: Server;

  private constructor(server: Server) {
    this.server = server;
  }

  get address(): Address {
    return this.server.address;
  }

  /** On the load's core: while hits are timed it has nothing to do. */
  static async start(site: Site, cores: Cores): Promise<Origin> {
    const port = await freePort();
    const command = [process.execPath, helper('contenders/cache-origin.js'), site.host, String(port), site.root];
    const server = launched({ ...site, placement: { core: cores.load, namespace: null } }, 'origin', port, command);
    await untilAnswering(server, READY_TARGET);
    return new Origin(server);
  }

  async record(target: string): Promise<OriginRecord> {
    const connection = await Connection.open(this.address);
    try {
      const { body } = await connection.ask(requestHead(this.address, recordTarget(target)));
      return JSON.parse(body.toString('latin1')) as OriginRecord;
    } finally {
      connection.close();
    }
  }
}

/** A directory in memory that disappears with the scope; on disk where there is not enough (containers: 64 MB). */
function memoryDirectory(scope: Scope): string {
  try {
    const { bavail, bsize } = statfsSync(MEMORY_FILESYSTEM);
    if (bavail * bsize < MEMORY_BYTES_MIN) return scope.directory();
    const path = mkdtempSync(join(MEMORY_FILESYSTEM, 'pagecast-bench-'));
    scope.defer(() => rmSync(path, { recursive: true, force: true }));
    return path;
  } catch {
    return scope.directory();
  }
}

function started(name: CacheName, site: Site, origin: Origin): Promise<Server | Missing> {
  const flags = ['--cache-size', CACHE_SIZE];
  switch (name) {
    case 'static':
      return startPagecast(site, name);
    case 'proxy':
      return startProxy(site, origin.address, name, flags);
    case 'proxy-default-cc':
      return startProxy(site, origin.address, name, [...flags, '--congestion-control', systemCongestionControl()]);
    case 'varnish':
      return startVarnish(site, origin.address, CACHE_SIZE, memoryDirectory(site.scope));
    case 'nginx-cache':
      return startNginxCache(site, origin.address, CACHE_SIZE, memoryDirectory(site.scope));
  }
}

/** Started and answering, or why not. */
export async function startCache(name: CacheName, site: Site, origin: Origin): Promise<Server | Missing> {
  const server = await started(name, site, origin);
  if (isMissing(server)) return server;
  try {
    await untilAnswering(server, READY_TARGET);
    return server;
  } catch (error) {
    await server.process.stop();
    return { name, reason: reasonOf(error) };
  }
}

/** Runs `work` against a cache that is empty, and stops it. Throws when there is none. */
export async function withEmptyProxy<T>(site: Site, origin: Origin, work: (server: Server) => Promise<T>): Promise<T> {
  const server = await startCache('proxy', site, origin);
  if (isMissing(server)) throw new Error(server.reason);
  try {
    return await work(server);
  } finally {
    await server.process.stop();
  }
}
