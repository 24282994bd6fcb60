// From a representation and a request to a plan: 200, 304, 206, 412, 416. Pure but for plans kept with their entry.
import type { Representation } from '../../cache/representation.ts';
import { evaluate, ifRangeHolds } from '../../http/conditional.ts';
import {
  FIELD_IF_MATCH, FIELD_IF_MODIFIED_SINCE, FIELD_IF_NONE_MATCH, FIELD_IF_RANGE, FIELD_IF_UNMODIFIED_SINCE, FIELD_RANGE,
  METHOD_GET, METHOD_HEAD, type RequestHead,
} from '../../http/head.ts';
import { latin1Bytes } from '../../http/latin1.ts';
import { multipartFraming, multipartType } from '../../http/multipart.ts';
import { contentRange, parseRange, unsatisfiedRange, type ByteRange } from '../../http/range.ts';
import type { FieldList } from '../../http/response.ts';
import { validatorFields, type HeadFields } from './fields.ts';
import { emptyPlan, Plan, SPAN_ARENA, SPAN_BYTES, SPAN_FILE, textPlan, type Span } from '../plan.ts';

/** Plans of one representation that do not depend on the request's fields. */
export interface FilePlans {
  readonly full: Plan;
  readonly head: Plan;
  readonly notModified: Plan;
  /** As it comes back in If-None-Match. */
  readonly etag: Uint8Array;
}

export interface Selected {
  readonly representation: Representation;
  readonly fields: HeadFields;
  readonly plans: FilePlans;
}

function spanOf(of: Representation, start: number, end: number): Span {
  return { kind: of.inArena ? SPAN_ARENA : SPAN_FILE, file: of.file, offset: start, length: end - start };
}

export function selectedOf(representation: Representation, fields: HeadFields): Selected {
  return { representation, fields, plans: filePlans(representation, fields) };
}

function filePlans(of: Representation, { content, notModified }: HeadFields): FilePlans {
  const full = new Plan(200, [['Content-Length', String(of.size)], ...content], of.size > 0 ? [spanOf(of, 0, of.size)] : [], of.size > 0 ? 'length' : 'none');
  return {
    full,
    head: full.withoutBody(),
    notModified: emptyPlan(304, notModified),
    etag: latin1Bytes(of.validators.etag),
  };
}

/** A representation as the page of a status of its own, such as 404.html: without validators, which are of another resource. */
export function pagePlan(status: number, of: Representation, fields: HeadFields): Plan {
  const own = fields.content.filter(([name]) => !/^(?:etag|last-modified|accept-ranges|repr-digest|cache-control)$/i.test(name));
  return new Plan(status, [['Content-Length', String(of.size)], ...own], of.size > 0 ? [spanOf(of, 0, of.size)] : [], of.size > 0 ? 'length' : 'none');
}

/** RFC 9110 §13.2.2: preconditions, then Range, for GET and HEAD. */
export function selectedPlan(request: RequestHead, selected: Selected, nowMs: number): Plan {
  const { plans } = selected;
  const isHead = request.method === METHOD_HEAD;
  if (!request.conditional) return isHead ? plans.head : plans.full;
  if (request.revalidates(plans.etag)) return plans.notModified; // as evaluate() would, without making text
  const outcome = evaluate(
    {
      ifMatch: request.field(FIELD_IF_MATCH),
      ifNoneMatch: request.field(FIELD_IF_NONE_MATCH),
      ifModifiedSince: request.field(FIELD_IF_MODIFIED_SINCE),
      ifUnmodifiedSince: request.field(FIELD_IF_UNMODIFIED_SINCE),
    },
    selected.representation.validators, nowMs, true,
  );
  if (outcome === 'not-modified') return plans.notModified;
  if (outcome === 'failed') {
    const plan = textPlan(412, [...validatorFields(selected.representation), ...selected.fields.aside], 'Precondition Failed\n');
    return isHead ? plan.withoutBody() : plan;
  }
  if (isHead) return plans.head; // RFC 9110 §14.2: Range is defined for GET only
  return request.method === METHOD_GET ? rangePlan(request, selected, nowMs) : plans.full;
}

function rangePlan(request: RequestHead, selected: Selected, nowMs: number): Plan {
  const { representation, plans, fields } = selected;
  const value = request.field(FIELD_RANGE);
  if (value === undefined) return plans.full;
  const ifRange = request.field(FIELD_IF_RANGE);
  if (ifRange !== undefined && !ifRangeHolds(ifRange, representation.validators, nowMs)) return plans.full;
  const outcome = parseRange(value, representation.size);
  switch (outcome.kind) {
    case 'ignore':
      return plans.full;
    case 'unsatisfiable':
      return textPlan(416, [['Content-Range', unsatisfiedRange(representation.size)], ['Accept-Ranges', 'bytes'], ...fields.aside], 'Range Not Satisfiable\n');
    case 'ranges':
      return outcome.ranges.length === 1 ? singlePlan(outcome.ranges[0]!, selected) : multipartPlan(outcome.ranges, selected);
  }
}

function singlePlan({ start, end }: ByteRange, { representation: of, fields }: Selected): Plan {
  const own: FieldList = [['Content-Length', String(end - start)], ['Content-Range', contentRange(start, end, of.size)], ...fields.content];
  return new Plan(206, own, [spanOf(of, start, end)], 'length');
}

let lastBoundary = 0;

function multipartPlan(ranges: readonly ByteRange[], { representation: of, fields }: Selected): Plan {
  // Unguessable is not needed, absent from the body is: a hash of this very version and a counter.
  const boundary = `pagecast-${of.validators.etag.replace(/[^0-9A-Za-z]/g, '').slice(0, 24)}-${(lastBoundary = (lastBoundary + 1) % 1e9)}`;
  const framing = multipartFraming(ranges, fields.type, of.size, boundary);
  const spans: Span[] = [];
  for (const [index, { start, end }] of ranges.entries()) {
    const data = framing.preambles[index]!;
    spans.push({ kind: SPAN_BYTES, data, length: data.length }, spanOf(of, start, end));
  }
  spans.push({ kind: SPAN_BYTES, data: framing.closing, length: framing.closing.length });
  const others = fields.content.filter(([name]) => name.toLowerCase() !== 'content-type');
  const own: FieldList = [['Content-Type', multipartType(boundary)], ['Content-Length', String(framing.totalBytes)], ...others];
  return new Plan(206, own, spans, 'length');
}
