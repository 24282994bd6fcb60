// The answer of a listener that is there to lead to the one that speaks TLS (RFC 9110 §4.2.2): the same URL, with another scheme.
import { METHOD_GET, METHOD_HEAD, type RequestHead } from '../../http/head.ts';
import type { Exchange } from '../exchange.ts';
import { textPlan, type Plan } from '../plan.ts';
import type { Answering } from '../requests.ts';

const HTTPS_PORT = 443;
/** RFC 8555 §8.3: whoever issues certificates asks for these by plain HTTP, and they are there as without TLS. */
const CHALLENGES = '/.well-known/acme-challenge/';
const NO_HOST = textPlan(400, [], 'This port leads to https://, and the request names no host.\n');

export class HttpsRedirect implements Exchange, Answering {
  readonly exchange: Exchange = this;
  underWay = 0;
  readonly #port: string;

  constructor(port: number) {
    this.#port = port === HTTPS_PORT ? '' : `:${port}`;
  }

  /** Whether it answers this request. */
  static leads({ path }: RequestHead): boolean {
    return !path.startsWith(CHALLENGES);
  }

  known(request: RequestHead): Plan {
    const { authority, method } = request;
    if (authority === '') return NO_HOST;
    const path = request.path === '*' ? '/' : request.path;
    const location = `https://${authority.replace(/:\d*$/, '')}${this.#port}${path}${request.query}`;
    // Only these may become a GET (RFC 9110 §15.4.2).
    const plan = textPlan(method === METHOD_GET || method === METHOD_HEAD ? 301 : 308, [['Location', location]], `Moved to ${location}\n`);
    return method === METHOD_HEAD ? plan.withoutBody() : plan;
  }

  find(request: RequestHead): Promise<Plan> {
    return Promise.resolve(this.known(request));
  }
}
