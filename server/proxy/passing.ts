// Answers that are nobody else's: passed on from the origin as they come, or made here because there are none.
import { endToEndResponse } from '../../http/connection-fields.ts';
import { switchingFields } from '../../http/upgrade.ts';
import { valueOf } from '../../cache/policy/message.ts';
import { METHOD_HEAD, METHOD_OPTIONS, type RequestHead } from '../../http/head.ts';
import type { FieldList } from '../../http/response.ts';
import { emptyPlan, Plan, textPlan, type Tunnel } from '../plan.ts';
import { maxForwards } from './forward.ts';
import type { OriginAnswer, OriginHead } from './origin-answer.ts';
import { OriginSource } from './source.ts';

/** What the framing of the answer says, not the message (RFC 9112 §6). */
const FRAMING = /^(?:content-length|transfer-encoding|trailer)$/i;

/** End-to-end fields of a response, without its length. */
export function responseFields(head: OriginHead): FieldList {
  return endToEndResponse(head.fields).filter(([name]) => !FRAMING.test(name));
}

/** Whether there is a body at all (RFC 9112 §6.3). */
export function hasBody({ info }: OriginHead): boolean {
  return info.framing !== 'none' && info.bytes !== 0;
}

/** The answer as it comes; `answer` has nobody else to take it. */
export function passingPlan(head: OriginHead, answer: OriginAnswer, cacheStatus: string): Plan {
  const fields: FieldList = [...responseFields(head), ['Cache-Status', cacheStatus]];
  // RFC 9110 §8.6: of 204 there is none; HEAD and 304 have that of the representation.
  const length = head.status === 204 ? undefined : head.fields.find(([name]) => name.toLowerCase() === 'content-length')?.[1];
  const sized: FieldList = length === undefined || head.info.framing === 'chunked' ? fields : [['Content-Length', length], ...fields];
  const dated = valueOf(fields, 'date') !== undefined;
  if (!hasBody(head)) {
    answer.take({ data: () => undefined, end: () => undefined, failed: () => undefined });
    return new Plan(head.status, sized, [], 'none', { dated });
  }
  const source = new OriginSource(answer);
  answer.take({ data: (chunk) => source.push(chunk), end: () => source.end(), failed: ({ text }) => source.fail(text) });
  return new Plan(head.status, sized, [], head.info.bytes >= 0 ? 'length' : 'chunked', { source, dated });
}

/** The 101 as it came, and behind it whatever the two make of it (RFC 9110 §7.8). */
export function tunnelPlan(head: OriginHead, tunnel: Tunnel): Plan {
  const fields = switchingFields(head.fields, responseFields(head));
  return new Plan(head.status, fields, [], 'none', { tunnel, dated: valueOf(fields, 'date') !== undefined });
}

/** There is no answer to pass on. */
export function failurePlan(request: RequestHead, { status, text }: { readonly status: number; readonly text: string }, cacheStatus: string): Plan {
  const plan = textPlan(status, [['Cache-Control', 'no-store'], ['Cache-Status', cacheStatus]], `${text}\n`);
  return request.method === METHOD_HEAD ? plan.withoutBody() : plan;
}

/** What goes no further: a tunnel to anywhere, and what has been forwarded as often as it may be (RFC 9110 §7.6.2). */
export function ownPlan(request: RequestHead): Plan | undefined {
  if (request.methodText === 'CONNECT') return textPlan(501, [], 'This is no tunnel.\n');
  if (maxForwards(request) !== 0) return undefined;
  return request.method === METHOD_OPTIONS ? emptyPlan(204, []) : textPlan(501, [], 'TRACE ends here.\n');
}
