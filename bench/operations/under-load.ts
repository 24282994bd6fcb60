/** The load as the bench sees it: a process on a core of its own, which tells what it has seen. */
import { helper } from '../paths.ts';
import type { Address } from '../probe.ts';
import type { Scope } from '../processes.ts';
import { Talking } from '../talking.ts';
import type { LoadReport } from './load-site.ts';

export class Load {
  readonly #process: Talking;

  private constructor(process: Talking) {
    this.#process = process;
  }

  /** Every client has had an answer when it resolves. */
  static async start(scope: Scope, core: number, { host, port }: Address): Promise<Load> {
    const load = new Load(new Talking(scope, 'the load', [process.execPath, helper('operations/load.js'), host, String(port)], { core, namespace: null }));
    await load.#process.heard();
    return load;
  }

  /** Of all that was asked until now. */
  async report(): Promise<LoadReport> {
    return JSON.parse(await this.#process.ask('report')) as LoadReport;
  }

  /** Nobody asks any more. */
  stop(): Promise<void> {
    return this.#process.stop();
  }
}
