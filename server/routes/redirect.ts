// A route that leads elsewhere, as a line of _redirects would: a path or a URL, with `:splat` for what is below the route's path.
import type { RequestHead } from '../../http/head.ts';
import type { ResolvedPathMatch } from '../config/resolved.ts';
import { textPlan, type Plan } from '../plan.ts';
import { hostName } from '../rules/host.ts';
import type { Captures } from '../rules/pattern.ts';
import { canonical } from '../rules/percent.ts';
import { RequestPath } from '../rules/request-path.ts';
import { fillTarget, locationOf, parseTarget, type Filled, type Target } from '../rules/target.ts';

const SPLAT = 'splat';

export class Redirect {
  readonly #below: string | undefined;
  readonly #target: Target;
  readonly #status: number;

  /** @throws what is wrong with `to`. */
  constructor(path: ResolvedPathMatch | undefined, to: string, status: number) {
    this.#below = path === undefined ? '' : path.kind === 'prefix' ? path.path : undefined;
    const target = parseTarget(to, new Set(this.#below === undefined ? [] : [SPLAT]));
    if (typeof target === 'string') throw new Error(target);
    this.#target = target;
    this.#status = status;
  }

  /** Whether it is another place than the one that was asked for, also but for a slash at the end: a client that followed would be back. */
  leadsElsewhere(request: RequestHead): boolean {
    const filled = this.#filled(request);
    if (!filled) return false;
    if (filled.authority !== undefined && hostName(filled.authority) !== hostName(request.authority)) return true;
    // Who is asked over TLS by a proxy before us cannot be told from who is not.
    if (filled.scheme === 'https' && request.scheme === 'http') return true;
    if ((filled.query ?? request.query) !== request.query) return true;
    return withSlash(canonical(filled.path).text || '/') !== withSlash(canonical(request.path).text);
  }

  /** Of a request that it leads elsewhere. */
  plan(request: RequestHead): Plan {
    const location = locationOf(this.#filled(request)!, request.query);
    return textPlan(this.#status, [['Location', location]], `Moved to ${location}\n`);
  }

  #filled(request: RequestHead): Filled | undefined {
    const captures: Captures = new Map();
    const path = this.#below === undefined ? undefined : RequestPath.of(request.path);
    if (path) captures.set(SPLAT, { value: path.received(Math.min(path.text.length, this.#below!.length + 1), path.text.length), source: 'path' });
    return fillTarget(this.#target, captures);
  }
}

function withSlash(path: string): string {
  return path.endsWith('/') ? path : `${path}/`;
}
