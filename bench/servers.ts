/**
 * The contenders as processes. A server is started, waited for, verified, timed and stopped; who is measured is a pid.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { basename, join } from 'node:path';
import { childrenOf } from './cpu.ts';
import { reasonOf } from './errors.ts';
import { fixtureBytes, loadNamed } from './fixtures.ts';
import type { Certificate } from './certificate.ts';
import { nginxCacheConfig, nginxConfig } from './nginx.ts';
import { FLOOR_SOURCE, PAGECAST } from './paths.ts';
import { Connection, requestHead, urlOf, type Address } from './probe.ts';
import { findTool, Launched, run, sleep, type Placement, type Scope } from './processes.ts';

const READY_WAIT_MS = 10_000;
const READY_POLL_MS = 2;
const COMPILE_DEADLINE_MS = 30_000;
const SYNTHETIC_HEAD_BYTES = 250;
const HEAD_END = '\r\n\r\n';
const UNPLACED: Placement = { core: null, namespace: null };

export interface Server {
  readonly name: string;
  readonly address: Address;
  readonly process: Launched;
  /** The process that does the work; for nginx the worker. Known once it answers. */
  measuredPid(): number;
}

/** A contender that is not there, and why. */
export interface Missing {
  readonly name: string;
  readonly reason: string;
}

export function isMissing(server: Server | Missing): server is Missing {
  return 'reason' in server;
}

export interface Site {
  readonly scope: Scope;
  readonly root: string;
  /** For configurations and logs. */
  readonly workDirectory: string;
  readonly host: string;
  readonly placement: Placement;
}

/** A port that was free a moment ago on this host. In another network namespace every port is. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const listener = createServer();
    listener.once('error', reject);
    listener.listen(0, '127.0.0.1', () => {
      const address = listener.address();
      listener.close(() => {
        if (address !== null && typeof address === 'object') resolve(address.port);
        else reject(new Error('no port'));
      });
    });
  });
}

export function launched(site: Site, name: string, port: number, command: readonly string[]): Server {
  const process = new Launched(site.scope, command, site.placement);
  process.stdout.resume();
  return { name, address: { host: site.host, port }, process, measuredPid: () => process.pid };
}

export async function startPagecast(site: Site, name = 'pagecast', flags: readonly string[] = []): Promise<Server | Missing> {
  if (!existsSync(PAGECAST)) return { name, reason: `${PAGECAST} is not built` };
  const port = await freePort();
  const options = ['-p', String(port), '-H', site.host, '--workers', '1', '-q', ...flags];
  return launched(site, name, port, [process.execPath, PAGECAST, site.root, ...options]);
}

/** A shared cache in front of `origin`. The port is a part of its keys: one that is to find what it had stored has the same. */
export async function startProxy(site: Site, origin: Address, name: string, flags: readonly string[], at?: number): Promise<Server | Missing> {
  if (!existsSync(PAGECAST)) return { name, reason: `${PAGECAST} is not built` };
  const port = at ?? (await freePort());
  const options = ['-p', String(port), '-H', site.host, '--workers', '1', '-q', ...flags];
  return launched(site, name, port, [process.execPath, PAGECAST, '--proxy', urlOf(origin), ...options]);
}

/** `configure`: the configuration for a port and a directory of its own. */
async function launchedNginx(
  site: Site,
  name: string,
  configure: (port: number, prefix: string) => string,
): Promise<Server | Missing> {
  const program = findTool('nginx');
  if (program === null) return { name, reason: 'nginx is not installed' };
  const port = await freePort();
  const prefix = join(site.workDirectory, `nginx-${port}`);
  mkdirSync(prefix);
  const configuration = join(prefix, 'nginx.conf');
  writeFileSync(configuration, configure(port, prefix));
  const server = launched(site, name, port, [program, '-p', prefix, '-e', join(prefix, 'error.log'), '-c', configuration]);
  return {
    ...server,
    measuredPid: () => {
      const workers = childrenOf(server.process.pid).filter(isNginxWorker);
      if (workers.length !== 1) throw new Error(`nginx has ${workers.length} workers instead of 1`);
      return workers[0]!;
    },
  };
}

/** Beside its workers a caching nginx has a manager and, for its first minute, a loader. */
function isNginxWorker(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').startsWith('nginx: worker process');
  } catch {
    // The loader ended between readdir and read.
    return false;
  }
}

/** With a certificate it speaks TLS alone, HTTP/1.1 and HTTP/2. */
export async function startNginx(site: Site, certificate: Certificate | null = null): Promise<Server | Missing> {
  const { host, root } = site;
  const server = await launchedNginx(site, 'nginx', (port, prefix) => nginxConfig({ host, port, root, prefix, certificate }));
  return certificate === null || isMissing(server) ? server : secured(server);
}

/** The same server, by an address at which TLS is spoken. */
export function secured(server: Server): Server {
  return { ...server, address: { ...server.address, secure: true } };
}

/** nginx with proxy_cache; `cacheDirectory`: where it keeps what it stores. */
export function startNginxCache(site: Site, origin: Address, cacheSize: string, cacheDirectory: string): Promise<Server | Missing> {
  const { host } = site;
  return launchedNginx(site, 'nginx-cache', (port, prefix) =>
    nginxCacheConfig({ host, port, prefix, origin: urlOf(origin), cacheDirectory, cacheSize }),
  );
}

/** A stand-in for pagecast's head while there is none to copy: as long, so that the floor sends as many bytes. */
function syntheticAnswer(): Buffer {
  const fixture = loadNamed('1k').fixtures[0]!;
  const fields = `Content-Type: application/octet-stream\r\nContent-Length: ${fixture.bytes}\r\nX-Filler: `;
  const head = `HTTP/1.1 200 OK\r\n${fields}`.padEnd(SYNTHETIC_HEAD_BYTES - HEAD_END.length, 'x');
  return Buffer.concat([Buffer.from(head + HEAD_END), fixtureBytes(fixture)]);
}

/** A program of one C file of this folder, with these libraries. */
export async function compile(site: Site, source: string, libraries: readonly string[] = []): Promise<{ readonly program: string } | { readonly reason: string }> {
  const compiler = findTool('cc');
  if (compiler === null) return { reason: 'no C compiler (cc)' };
  const program = join(site.workDirectory, basename(source, '.c'));
  const compiled = await run(site.scope, [compiler, '-O2', '-o', program, source, ...libraries], UNPLACED, COMPILE_DEADLINE_MS);
  return compiled.exitCode === 0 ? { program } : { reason: `${basename(source)} does not compile: ${compiled.lastWords}` };
}

/** `answer`: the bytes that pagecast sends for 1 KiB, or null when it sends none. */
export async function startFloor(site: Site, answer: Buffer | null): Promise<Server | Missing> {
  const name = 'floor';
  const compiled = await compile(site, FLOOR_SOURCE);
  if ('reason' in compiled) return { name, reason: compiled.reason };
  const answerPath = join(site.workDirectory, 'floor-answer');
  writeFileSync(answerPath, answer ?? syntheticAnswer());
  const port = await freePort();
  return launched(site, name, port, [compiled.program, String(port), answerPath]);
}

/** Returns when `target` is answered with a 200; throws when the process ends first or the wait is too long. */
export async function untilAnswering(server: Server, target: string): Promise<void> {
  const deadline = performance.now() + READY_WAIT_MS;
  let last = 'never connected';
  while (performance.now() < deadline) {
    if (!server.process.running) throw new Error(`ended at start: ${server.process.lastWords || 'without a word'}`);
    try {
      const connection = await Connection.open(server.address);
      try {
        const answer = await connection.ask(requestHead(server.address, target));
        if (answer.status === 200) return;
        last = `status ${answer.status}`;
      } finally {
        connection.close();
      }
    } catch (error) {
      last = reasonOf(error);
    }
    await sleep(READY_POLL_MS);
  }
  throw new Error(`no answer within ${READY_WAIT_MS} ms (${last})`);
}

/** The contender, answering `target` with a 200, or why it does not: then it is stopped. */
export async function admitted(contender: Server | Missing, target: string): Promise<Server | Missing> {
  if (isMissing(contender)) return contender;
  try {
    await untilAnswering(contender, target);
    return contender;
  } catch (error) {
    await contender.process.stop();
    return { name: contender.name, reason: reasonOf(error) };
  }
}
