// A folder before origins: what there is a file for is sent, everything else is asked of them.
//
//   GET, HEAD ── file, page, index, listing, rule ──> the folder's answer
//            └── nothing there ─────────────────────> the origins
//   another method, another protocol ───────────────> the origins
//
// The folder is looked into for each request, in memory where it was looked into a moment ago: a file that appears takes the place
// of what the origins say, and of what is stored of it, as soon as it would be seen in a site without them.
import { METHOD_GET, METHOD_HEAD, type RequestHead } from '../http/head.ts';
import { askedProtocols } from '../http/upgrade.ts';
import type { Conversation, Exchange, Peer } from './exchange.ts';
import type { Plan } from './plan.ts';
import { NOTHING_HERE } from './static/nothing.ts';

export class FilesFirst implements Exchange {
  readonly #files: Exchange;
  readonly #origins: Exchange;
  readonly #upgrades: ReadonlySet<string>;

  /** @param files answers NOTHING_HERE where it has nothing. @param upgrades protocols that origins may change to, by name in lower case: no file can. */
  constructor(files: Exchange, origins: Exchange, upgrades: ReadonlySet<string>) {
    this.#files = files;
    this.#origins = origins;
    this.#upgrades = upgrades;
  }

  /** Content that is for the origins has to be there when it turns out that there is no file. */
  wants(request: RequestHead): boolean {
    return this.#origins.wants?.(request) ?? false;
  }

  known(request: RequestHead, nowMs: number, peer: Peer): Plan | undefined {
    const plan = isForFiles(request, this.#upgrades) ? this.#files.known(request, nowMs, peer) : NOTHING_HERE;
    return plan === NOTHING_HERE ? this.#origins.known(request, nowMs, peer) : plan;
  }

  async find(request: RequestHead, nowMs: number, peer: Peer, conversation: Conversation): Promise<Plan> {
    if (isForFiles(request, this.#upgrades)) {
      // Without a promise where it is known: what the origins' exchange keeps from known() to find() is good for this turn.
      const plan = this.#files.known(request, nowMs, peer) ?? (await this.#files.find(request, nowMs, peer, conversation));
      if (plan !== NOTHING_HERE) return plan;
    }
    return this.#origins.find(request, nowMs, peer, conversation);
  }
}

/** Whether the folder is looked into at all. */
export function isForFiles(request: RequestHead, upgrades: ReadonlySet<string>): boolean {
  return (request.method === METHOD_GET || request.method === METHOD_HEAD) && askedProtocols(request, upgrades) === undefined;
}
