/** A server that an operator has to do with: two workers on one core, files, an origin, a config file and a control plane. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fixtureBytes } from '../fixtures.ts';
import { PAGECAST } from '../paths.ts';
import { Connection, requestHead, type Address } from '../probe.ts';
import { sleep } from '../processes.ts';
import { freePort, launched, untilAnswering, type Server, type Site } from '../servers.ts';
import { LARGE, VERSION_TARGET } from './load-site.ts';

const WORKERS = 2;
/** Descriptors are shared out between files and connections: of these there are many, on either worker. */
const FILES_MAX = 256;
/** What is read slowly is finished. */
const GRACE_MS = 120_000;
const WITHIN_MS = 60_000;
const POLL_MS = 2;

export class Operated {
  readonly address: Address;
  readonly #control: Address;
  readonly #configPath: string;
  readonly #origin: Address;
  readonly #site: Site;
  readonly #server: Server;
  /** Of those that came after the first: they are nobody's children. */
  readonly #pids = new Set<number>();
  #version = 0;

  private constructor(site: Site, origin: Address, server: Server, control: Address, configPath: string) {
    this.address = server.address;
    this.#site = site;
    this.#origin = origin;
    this.#server = server;
    this.#control = control;
    this.#configPath = configPath;
    site.scope.defer(() => this.#endAll('SIGKILL'));
  }

  static async start(site: Site, origin: Address): Promise<Operated> {
    writeFileSync(join(site.root, LARGE.target), fixtureBytes(LARGE));
    const control = { host: site.host, port: await freePort() };
    const port = await freePort();
    const configPath = join(site.workDirectory, `operated-${port}.json`);
    const address = { host: site.host, port };
    writeFileSync(configPath, configOf({ site, origin, address, control, version: 0 }));
    const server = launched(site, 'operated', port, [process.execPath, PAGECAST, '-c', configPath, '-q']);
    await untilAnswering(server, VERSION_TARGET);
    return new Operated(site, origin, server, control, configPath);
  }

  /** The configuration file has another version from now on. */
  nextVersion(): string {
    this.#version += 1;
    const { address } = this;
    writeFileSync(this.#configPath, configOf({ site: this.#site, origin: this.#origin, address, control: this.#control, version: this.#version }));
    return String(this.#version);
  }

  /** @throws what the control plane has against it. */
  async told(what: 'reload' | 'upgrade'): Promise<void> {
    const response = await this.#ask(`/api/v1/${what}`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{}' });
    if (!response.ok) throw new Error(`${what}: ${response.status} ${await response.text()}`);
    await response.arrayBuffer();
  }

  /** The process that answers on the control plane. */
  async pid(): Promise<number> {
    const status = (await (await this.#ask('/api/v1/status')).json()) as { readonly pid: number };
    if (status.pid !== this.#server.process.pid) this.#pids.add(status.pid);
    return status.pid;
  }

  /** Resolves when another process than this one answers on the control plane. */
  async untilOther(than: number): Promise<void> {
    const deadline = performance.now() + WITHIN_MS;
    // While one closes and the other one opens it, nobody may be there.
    while ((await this.pid().catch(() => than)) === than) {
      if (performance.now() > deadline) throw new Error(`no other process serves after ${WITHIN_MS / 1000} s`);
      await sleep(POLL_MS);
    }
  }

  async stop(): Promise<void> {
    this.#endAll('SIGTERM');
    await this.#server.process.stop();
    const deadline = performance.now() + WITHIN_MS;
    while (this.#endAll(0) && performance.now() < deadline) await sleep(POLL_MS);
  }

  /** @returns whether there is still one. */
  #endAll(signal: NodeJS.Signals | 0): boolean {
    return [...this.#pids].filter((pid) => isSignalled(pid, signal)).length > 0;
  }

  #ask(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`http://${this.#control.host}:${this.#control.port}${path}`, { ...init, signal: AbortSignal.timeout(WITHIN_MS) });
  }
}

interface ConfigParts {
  readonly site: Site;
  readonly origin: Address;
  readonly address: Address;
  readonly control: Address;
  readonly version: number;
}

function configOf({ site, origin, address, control, version }: ConfigParts): string {
  return JSON.stringify({
    root: site.root, files: { openMax: FILES_MAX }, listen: [`${address.host}:${address.port}`], control: `${control.host}:${control.port}`, workers: WORKERS, graceMs: GRACE_MS,
    routes: [
      { path: VERSION_TARGET, respond: { body: String(version) } },
      { path: '/plain/*', proxy: { urls: [`http://${origin.host}:${origin.port}`] } },
    ],
  });
}

function isSignalled(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

/** Connections over which is asked which configuration answers; the kernel spreads them over the workers. */
export class Versions {
  readonly #address: Address;
  readonly #connections: readonly Connection[];

  private constructor(address: Address, connections: readonly Connection[]) {
    this.#address = address;
    this.#connections = connections;
  }

  static async open(address: Address, count: number): Promise<Versions> {
    return new Versions(address, await Promise.all(Array.from({ length: count }, () => Connection.open(address))));
  }

  /** What is answered, on each. */
  async all(): Promise<ReadonlySet<string>> {
    return new Set(await Promise.all(this.#connections.map((connection) => this.#version(connection))));
  }

  /** Resolves when one answers with this version. */
  async until(version: string): Promise<void> {
    const deadline = performance.now() + WITHIN_MS;
    while ((await this.#version(this.#connections[0]!)) !== version) {
      if (performance.now() > deadline) throw new Error(`version ${version} is not in force after ${WITHIN_MS / 1000} s`);
      await sleep(POLL_MS);
    }
  }

  close(): void {
    for (const connection of this.#connections) connection.close();
  }

  async #version(connection: Connection): Promise<string> {
    const { body } = await connection.ask(requestHead(this.#address, VERSION_TARGET));
    return body.toString('latin1');
  }
}
