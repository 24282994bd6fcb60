// Answers that are nobody else's: passed on from the origin as they come, or made here because there are none.
import { canBeAddedTo } from '../../http/cache-status.ts';
import { endToEndResponse } from '../../http/connection-fields.ts';
import { acceptsTrailers, announcedTrailers, forwardedTrailers } from '../../http/trailers.ts';
import { switchingFields } from '../../http/upgrade.ts';
import { valueOf } from '../../cache/policy/message.ts';
import { FIELD_TE, METHOD_HEAD, METHOD_OPTIONS, TARGET_ABSOLUTE, TARGET_ASTERISK, type RequestHead } from '../../http/head.ts';
import type { FieldList } from '../../http/response.ts';
import { RESULT_FAILED, RESULT_PASS } from '../metrics/cache-results.ts';
import { emptyPlan, Plan, textPlan, type Tunnel } from '../plan.ts';
import { maxForwards } from './forward.ts';
import type { OriginAnswer, OriginHead } from './origin-answer.ts';
import { OriginSource } from './source.ts';
import type { Told } from './status.ts';

/** What the framing of the answer says, not the message (RFC 9112 §6). */
const FRAMING = /^(?:content-length|transfer-encoding|trailer)$/i;
const CACHE_STATUS = /^cache-status$/i;

/** End-to-end fields of a response, without its length. A Cache-Status that nobody could read is dropped: ours is added to it. */
export function responseFields(head: OriginHead): FieldList {
  const fields = endToEndResponse(head.fields).filter(([name]) => !FRAMING.test(name));
  const told = fields.filter(([name]) => CACHE_STATUS.test(name));
  return canBeAddedTo(told.map(([, value]) => value)) ? fields : fields.filter((field) => !told.includes(field));
}

/** Whether there is a body at all (RFC 9112 §6.3). */
export function hasBody({ info }: OriginHead): boolean {
  return info.framing !== 'none' && info.bytes !== 0;
}

/** RFC 9110 §10.1.4. HTTP/1.0 has no chunks to put them behind. */
function takesTrailers(request: RequestHead): boolean {
  return request.versionMinor > 0 && acceptsTrailers(request.field(FIELD_TE));
}

/** The answer as it comes; `answer` has nobody else to take it. */
export function passingPlan(request: RequestHead, head: OriginHead, answer: OriginAnswer, { field, result }: Told): Plan {
  const fields: FieldList = [...responseFields(head), ['Cache-Status', field]];
  // RFC 9110 §8.6: of 204 there is none; HEAD and 304 have that of the representation.
  const length = head.status === 204 ? undefined : head.fields.find(([name]) => name.toLowerCase() === 'content-length')?.[1];
  const sized: FieldList = length === undefined || head.info.framing === 'chunked' ? fields : [['Content-Length', length], ...fields];
  const dated = valueOf(fields, 'date') !== undefined;
  if (!hasBody(head)) {
    answer.take({ data: () => undefined, end: () => undefined, failed: () => undefined });
    return new Plan(head.status, sized, [], 'none', { dated, result });
  }
  const source = new OriginSource(answer);
  const hasTrailers = head.info.framing === 'chunked' && takesTrailers(request);
  answer.take({
    data: (chunk) => source.push(chunk),
    end: (trailers) => source.end(hasTrailers ? forwardedTrailers(head.fields, trailers) : []),
    failed: ({ text }) => source.fail(text),
  });
  const announced = hasTrailers ? announcedTrailers(head.fields) : undefined;
  return new Plan(head.status, announced === undefined ? sized : [...sized, ['Trailer', announced]], [], head.info.bytes >= 0 ? 'length' : 'chunked', { source, dated, result });
}

/** The 101 as it came, and behind it whatever the two make of it (RFC 9110 §7.8). */
export function tunnelPlan(head: OriginHead, tunnel: Tunnel): Plan {
  const fields = switchingFields(head.fields, responseFields(head));
  return new Plan(head.status, fields, [], 'none', { tunnel, dated: valueOf(fields, 'date') !== undefined, result: RESULT_PASS });
}

/** There is no answer to pass on. */
export function failurePlan(request: RequestHead, { status, text }: { readonly status: number; readonly text: string }, { field }: Pick<Told, 'field'>): Plan {
  const plan = textPlan(status, [['Cache-Control', 'no-store'], ['Cache-Status', field]], `${text}\n`);
  plan.result = RESULT_FAILED;
  return request.method === METHOD_HEAD ? plan.withoutBody() : plan;
}

/** What goes no further: a tunnel to anywhere, what is asked of the server itself, and what has been forwarded as often as it may be (RFC 9110 §7.6.2). */
export function ownPlan(request: RequestHead): Plan | undefined {
  if (request.methodText === 'CONNECT') return textPlan(501, [], 'This is no tunnel.\n');
  if (isServerWide(request)) return emptyPlan(204, []);
  if (maxForwards(request) !== 0) return undefined;
  return request.method === METHOD_OPTIONS ? emptyPlan(204, []) : textPlan(501, [], 'TRACE ends here.\n');
}

/** OPTIONS of no resource (RFC 9110 §9.3.7), which in absolute form has neither path nor query (RFC 9112 §3.2.4). */
function isServerWide(request: RequestHead): boolean {
  if (request.method !== METHOD_OPTIONS) return false;
  return request.targetForm === TARGET_ASTERISK || (request.targetForm === TARGET_ABSOLUTE && request.pathStart === request.pathEnd && !request.hasQuery);
}
