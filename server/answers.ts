// From a representation and a request to a plan: 200, 304, 206, 412, 416. Pure but for plans kept with their entry.
import type { Piece, Representation } from '../cache/representation.ts';
import { evaluate, ifRangeHolds } from '../http/conditional.ts';
import {
  FIELD_IF_MATCH, FIELD_IF_MODIFIED_SINCE, FIELD_IF_NONE_MATCH, FIELD_IF_RANGE, FIELD_IF_UNMODIFIED_SINCE, FIELD_RANGE,
  METHOD_GET, METHOD_HEAD, type RequestHead,
} from '../http/head.ts';
import { latin1Bytes } from '../http/latin1.ts';
import { multipartFraming, multipartType } from '../http/multipart.ts';
import { contentRange, parseRange, unsatisfiedRange, type ByteRange } from '../http/range.ts';
import type { FieldList } from '../http/response.ts';
import { Plan, SPAN_ARENA, SPAN_BYTES, SPAN_FILE, SPAN_GROWING, textPlan, type Span } from './plan.ts';

/** What heads of one representation say apart from lengths and ranges. */
export interface HeadFields {
  readonly type: string;
  /** Of 200 and 206, Content-Type first, where there is one. */
  readonly content: FieldList;
  /** Of 304 (RFC 9110 §15.4.5). */
  readonly notModified: FieldList;
  /** Of answers about it that do not carry it: 412, 416. */
  readonly aside: FieldList;
  /** ETag and Last-Modified, as far as there are such; also of 412. */
  readonly validators: FieldList;
  /** They have a Date of their own. */
  readonly dated: boolean;
}

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

/** What no field of a request can be. */
const NO_TAG = '\0';

function spanOf(of: Representation | Piece, start: number, end: number): Span {
  return { kind: of.arriving ? SPAN_GROWING : of.inArena ? SPAN_ARENA : SPAN_FILE, file: of.file, offset: start, length: end - start };
}

/** As far as they are there: who asks for more than that has seen to it that no plan with a hole is used. */
function spansOf(of: Representation, start: number, end: number): Span[] {
  if (of.pieces === undefined) return [spanOf(of, start, end)];
  const reached = of.pieces.filter((piece) => piece.start < end && piece.end > start);
  return reached.map((piece) => spanOf(piece, Math.max(start, piece.start) - piece.start, Math.min(end, piece.end) - piece.start));
}

export function selectedOf(representation: Representation, fields: HeadFields): Selected {
  return { representation, fields, plans: filePlans(representation, fields) };
}

function filePlans(of: Representation, { content, notModified, dated }: HeadFields): FilePlans {
  const full = wholePlan(200, of, content, dated);
  return {
    full,
    head: full.withoutBody(),
    notModified: new Plan(304, notModified, [], 'none', { dated }),
    etag: latin1Bytes(of.validators.etag === '' ? NO_TAG : of.validators.etag),
  };
}

/** All of a representation, under any status. */
export function wholePlan(status: number, of: Representation, fields: FieldList, dated: boolean): Plan {
  return new Plan(status, [['Content-Length', String(of.size)], ...fields], of.size > 0 ? spansOf(of, 0, of.size) : [], of.size > 0 ? 'length' : 'none', { dated });
}

/** A representation as the page of a status of its own, such as 404.html: without validators, which are of another resource. */
export function pagePlan(status: number, of: Representation, fields: HeadFields): Plan {
  const own = fields.content.filter(([name]) => !/^(?:etag|last-modified|accept-ranges|repr-digest|cache-control)$/i.test(name));
  return wholePlan(status, of, own, fields.dated);
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
    const plan = textPlan(412, [...selected.fields.validators, ...selected.fields.aside], 'Precondition Failed\n');
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
  const outcome = parseRange(value, representation.size < 0 ? Number.MAX_SAFE_INTEGER : representation.size);
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
  return new Plan(206, own, spansOf(of, start, end), 'length', { dated: fields.dated });
}

let lastBoundary = 0;

function multipartPlan(ranges: readonly ByteRange[], { representation: of, fields }: Selected): Plan {
  // Unguessable is not needed, absent from the body is: a hash of this very version and a counter.
  const boundary = `pagecast-${of.validators.etag.replace(/[^0-9A-Za-z]/g, '').slice(0, 24)}-${(lastBoundary = (lastBoundary + 1) % 1e9)}`;
  const framing = multipartFraming(ranges, fields.type, of.size, boundary);
  const spans: Span[] = [];
  for (const [index, { start, end }] of ranges.entries()) {
    const data = framing.preambles[index]!;
    spans.push({ kind: SPAN_BYTES, data, length: data.length }, ...spansOf(of, start, end));
  }
  spans.push({ kind: SPAN_BYTES, data: framing.closing, length: framing.closing.length });
  const others = fields.content.filter(([name]) => name.toLowerCase() !== 'content-type');
  const own: FieldList = [['Content-Type', multipartType(boundary)], ['Content-Length', String(framing.totalBytes)], ...others];
  return new Plan(206, own, spans, 'length', { dated: fields.dated });
}
