// What is measured of the process and its host, with nothing that takes long where much is open: prom-client's defaults list
// /proc/self/fd, entry by entry, on the thread that coordinates the workers, and keep a timer of 10 ms running.
import { stat } from 'node:fs/promises';
import { native } from '../../native/index.ts';
import type { InterfaceFacts } from '../doctor/facts.ts';
import { gatherInterfaces } from '../doctor/gather/interfaces.ts';
import { servingInterfaces } from '../doctor/offloads.ts';

/** Offloads change when somebody changes them. */
const INTERFACES_EVERY_MS = 60_000;
/** A host of containers has hundreds. */
const INTERFACES_MAX = 32;

export interface HostFacts {
  readonly cpuS: number;
  readonly residentBytes: number;
  readonly heapBytes: number;
  /** Seconds since 1970. */
  readonly startedS: number;
  /** Undefined: the kernel does not tell how many without listing them. */
  readonly descriptors: number | undefined;
  readonly descriptorsMax: number | undefined;
  /** Those over which other machines reach the server. */
  readonly interfaces: readonly InterfaceFacts[];
}

export class Host {
  readonly #listening: () => readonly string[];
  #interfaces: readonly InterfaceFacts[] = [];
  #lookedAtMs = -Infinity;

  /** @param listening hosts, numeric, on which the server listens now. */
  constructor(listening: () => readonly string[]) {
    this.#listening = listening;
  }

  async facts(): Promise<HostFacts> {
    const { user, system } = process.cpuUsage();
    // Since Linux 6.2 the size of this folder is the number of its entries; 0 before.
    const descriptors = await stat('/proc/self/fd').then(({ size }) => size, () => 0);
    const descriptorsMax = native.raiseFileLimit();
    return {
      cpuS: (user + system) / 1e6,
      residentBytes: process.memoryUsage.rss(),
      heapBytes: process.memoryUsage().heapUsed,
      startedS: performance.timeOrigin / 1000,
      descriptors: descriptors > 0 ? descriptors : undefined,
      descriptorsMax: descriptorsMax > 0 ? descriptorsMax : undefined,
      interfaces: this.#serving(),
    };
  }

  #serving(): readonly InterfaceFacts[] {
    const nowMs = performance.now();
    if (nowMs - this.#lookedAtMs >= INTERFACES_EVERY_MS) {
      const found = gatherInterfaces();
      this.#interfaces = typeof found === 'number' ? [] : servingInterfaces(found, this.#listening()).slice(0, INTERFACES_MAX);
      this.#lookedAtMs = nowMs;
    }
    return this.#interfaces;
  }
}
