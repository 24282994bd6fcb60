// The request as the origin gets it: end-to-end fields of the client's, and what a gateway adds (RFC 9110 §7.6).
import { endToEndRequest } from '../../http/connection-fields.ts';
import { forwardingFields, type ForwardingFields } from '../../http/forwarded.ts';
import { FIELD_FORWARDED, FIELD_MAX_FORWARDS, FIELD_VIA, FIELD_X_FORWARDED_FOR, FIELD_X_FORWARDED_PROTO, type RequestHead } from '../../http/head.ts';
import type { FieldList } from '../../http/response.ts';
import { forwardedTraceContext } from '../../http/trace-context.ts';
import { appendVia } from '../../http/via.ts';
import { AddressRules } from '../access/addresses.ts';
import { BasicAuth } from '../access/basic-auth.ts';
import type { GateOptions } from '../access/gate.ts';
import type { Peer } from '../exchange.ts';
import type { ResolvedProxy } from '../proxy-options.ts';

/** Fields that say which client asked: taken from trusted peers only. */
const OF_THE_WAY = /^(?:forwarded|x-forwarded-(?:for|proto|host|port)|via)$/i;
/** Made by the client of the origin; the content is framed anew. */
const OF_THE_FRAMING = /^(?:content-length|expect|host)$/i;
/** What makes an answer depend on what this client has: left out where everybody's answer is asked for. */
const OF_THE_CLIENT = /^(?:if-(?:match|none-match|modified-since|unmodified-since|range)|range)$/i;

/** RFC 9110 §7.6.2: of OPTIONS and TRACE; how many more may forward it. Undefined: it is not said, or nothing is limited by it. */
export function maxForwards(request: RequestHead): number | undefined {
  const value = request.field(FIELD_MAX_FORWARDS);
  if (value === undefined || !/^(?:OPTIONS|TRACE)$/.test(request.methodText)) return undefined;
  return /^\d{1,9}$/.test(value) ? Number(value) : undefined;
}

export interface ForwardOptions {
  /** What we call ourselves in Via (RFC 9110 §7.6.3). */
  readonly pseudonym: string;
  /** Host for the origin; undefined: the client's. */
  readonly host: string | undefined;
  /** Peers whose Forwarded and X-Forwarded-* are believed; undefined: none. */
  readonly trusted: AddressRules | undefined;
  /** Who has to give a password here: an Authorization that is one of theirs was for us, and goes no further. Undefined: nobody has to. */
  readonly users: BasicAuth | undefined;
}

export function forwardOptions({ name, host, trusted }: Pick<ResolvedProxy, 'name' | 'host' | 'trusted'>, access: Pick<GateOptions, 'users' | 'realm'> | undefined): ForwardOptions {
  return {
    pseudonym: name, host,
    trusted: trusted.length > 0 ? new AddressRules(trusted, []) : undefined,
    users: access && access.users.length > 0 ? new BasicAuth(access.users, access.realm) : undefined,
  };
}

/**
 * Fields for the origin, Host first.
 * @param whole without the client's conditions and ranges: the answer is for the store.
 */
export function forwardedFields(request: RequestHead, peer: Peer, whole: boolean, options: ForwardOptions): FieldList {
  const own: (readonly [string, string])[] = [];
  for (let i = 0; i < request.fieldCount; ++i) own.push([request.fieldName(i), request.fieldValue(i)]);
  const { users } = options;
  const isOurs = (name: string, value: string): boolean => users !== undefined && name.toLowerCase() === 'authorization' && users.check(value);
  const kept = forwardedTraceContext(endToEndRequest(own)).filter(([name, value]) => !OF_THE_WAY.test(name) && !OF_THE_FRAMING.test(name) && !(whole && OF_THE_CLIENT.test(name)) && !isOurs(name, value));
  const left = maxForwards(request);
  const counted = left === undefined ? kept : kept.map(([name, value]) => [name, name.toLowerCase() === 'max-forwards' ? String(left - 1) : value] as const);
  const hop = { address: peer.address, host: request.authority === '' ? undefined : request.authority, proto: request.scheme };
  const via = appendVia(request.field(FIELD_VIA), request.version, options.pseudonym);
  return [['Host', options.host ?? request.authority], ...counted, ...forwardingFields(hop, trustedFields(request, peer, options)), ['Via', via]];
}

function trustedFields(request: RequestHead, peer: Peer, { trusted }: ForwardOptions): ForwardingFields {
  if (trusted === undefined || !trusted.permits(peer.address)) return {};
  return {
    forwarded: request.field(FIELD_FORWARDED),
    xForwardedFor: request.field(FIELD_X_FORWARDED_FOR),
    xForwardedProto: request.field(FIELD_X_FORWARDED_PROTO),
    xForwardedHost: request.fieldNamed('x-forwarded-host'),
  };
}

/** Path and query for the origin: of the target, whatever form it had (RFC 9112 §3.2). */
export function originTarget(request: RequestHead): string {
  return `${request.path}${request.query}`;
}
