// Who may ask the control plane, and from where. A page in a browser of this host may send requests to a loopback address, for whoever
// wrote it: by its own name that stands for that address now (DNS rebinding), or as a form or an image would (CSRF). So
//
//   Host             on a loopback address it names this host, and nothing else
//   Origin           is that of the request itself, where it is said
//   Sec-Fetch-Site   is same-origin, or none (typed by a person), where the browser says it (w3c.github.io/webappsec-fetch-metadata)
//   Content-Type     of what changes something is one that no page can send without asking first (Fetch §4.8: preflight, which is refused)
//   Authorization    has the token, where there is one
import type { IncomingMessage } from 'node:http';
import { hostName } from '../access/hosts.ts';
import type { BearerToken } from './bearer.ts';
import { isLoopback } from './options.ts';
import { Problem } from './problem.ts';

export interface Door {
  /** `network`: an address that others can reach, so that a token is asked for. */
  readonly kind: 'unix' | 'loopback' | 'network';
  readonly token: BearerToken | undefined;
}

/** Fields that decide: twice is once too often (RFC 9110 §5.3, RFC 9112 §3.2). */
const ONCE = ['host', 'authorization', 'content-type', 'origin', 'sec-fetch-site'];
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);
/** RFC 6454 §6.2, of the schemes that there can be here. */
const SERIALISED = /^(https?):\/\/[^/?#@\\\s]+$/;
const FROM_HERE = new Set(['same-origin', 'none']);

/** What is asked for. */
export interface Wanted {
  /** It tells nothing: health, and pages without what they show. No token is asked for, and links may lead there. */
  readonly isOpen: boolean;
  readonly isThere: boolean;
}

/** @throws Problem */
export function admit(request: IncomingMessage, door: Door, { isOpen, isThere }: Wanted): void {
  const { headersDistinct, headers, method = '' } = request;
  const twice = ONCE.find((name) => (headersDistinct[name]?.length ?? 0) > 1);
  if (twice !== undefined) throw new Problem(400, `the field ${twice} is there more than once`);
  admitHost(headers.host, door);
  admitOrigin(headers.origin, headers.host);
  const site = headers['sec-fetch-site'];
  if (site !== undefined && !FROM_HERE.has(site) && !(isOpen && SAFE.has(method))) throw new Problem(403, 'a page of another site asks for this');
  const challenge = isOpen ? undefined : door.token?.challenge(headers.authorization);
  if (challenge !== undefined) throw new Problem(401, 'the token is missing or wrong: Authorization: Bearer TOKEN', { fields: [['WWW-Authenticate', challenge]] });
  if (isThere && !SAFE.has(method)) admitContent(request);
}

function admitHost(host: string | undefined, { kind }: Door): void {
  const name = hostName(host ?? '');
  if (name === undefined) throw new Problem(400, 'the field Host is missing, or names no host');
  if (kind === 'loopback' && name !== 'localhost' && !isLoopback(name.replace(/^\[|\]$/g, ''))) throw new Problem(403, `Host must be localhost or a loopback address here, not ${name}`);
}

/** Whoever stands before us may speak TLS. */
function admitOrigin(origin: string | undefined, host: string | undefined): void {
  if (origin === undefined) return;
  const scheme = SERIALISED.exec(origin)?.[1];
  if (scheme === undefined || authorityOf(origin) !== authorityOf(`${scheme}://${host!}`)) throw new Problem(403, 'a page of another site asks for this');
}

/** In lower case, without the default port; '' for what is no URL, which is no authority of a Host that was admitted. */
function authorityOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : '';
}

/** DELETE without content is a request that no page can send without asking, either. */
function admitContent({ headers, method }: IncomingMessage): void {
  const type = headers['content-type'];
  if (type === undefined && method === 'DELETE') return;
  if (type?.split(';')[0]!.trim().toLowerCase() === 'application/json') return;
  throw new Problem(415, 'what changes something is asked for with Content-Type: application/json', { fields: [['Accept', 'application/json']] });
}
