// What a worker answers by: exchanges made of one config, and what they hold. A reload makes another one beside it; requests keep the one
// that they have begun with, and what it holds is given back when the last of them is done.
import type { ResolvedOptions } from '../options.ts';
import type { Answering } from '../requests.ts';
import type { Exchange } from '../exchange.ts';
import type { Proxy } from '../proxy/assemble.ts';
import type { SiteAssembly } from '../site-assembly.ts';
import type { StaticSite } from '../static/assemble.ts';

export class Policy implements Answering {
  /** Of the server: the first has 1, and each that is put into force the next. */
  readonly generation: number;
  readonly options: ResolvedOptions;
  readonly exchange: Exchange;
  readonly #assembly: SiteAssembly;
  /** Requests that an answer is looked for. */
  underWay = 0;
  #filesClosed = false;
  #closed = false;

  constructor(generation: number, options: ResolvedOptions, exchange: Exchange, assembly: SiteAssembly) {
    this.generation = generation;
    this.options = options;
    this.exchange = exchange;
    this.#assembly = assembly;
  }

  get sites(): readonly StaticSite[] {
    return this.#assembly.sites;
  }

  get proxies(): readonly Proxy[] {
    return this.#assembly.proxies;
  }

  /** Nobody waits for anything of it, and nothing is asked of origins in its name. */
  get isIdle(): boolean {
    return this.underWay === 0 && this.proxies.every((proxy) => proxy.isIdle());
  }

  leaseBroken(file: number, answers: number): boolean {
    return this.#assembly.leaseBroken(file, answers);
  }

  /** Files are let go; who still asks has each opened for the answer alone. */
  closeFiles(): void {
    if (this.#filesClosed) return;
    this.#filesClosed = true;
    for (const { lookup } of this.sites) lookup.close();
  }

  /** What is still asked of origins fails. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.closeFiles();
    for (const proxy of this.proxies) proxy.close();
  }
}
