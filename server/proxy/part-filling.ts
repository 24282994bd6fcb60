// A 206 of the origin on its way to a client and into the store (RFC 9111 §3.3, §3.4).
//
//   it stands for itself              sent as it came, and stored as the part that it is
//   it completes what is there        sent together with that, under the head that both have now
//
// The coordinator puts stored parts together (policy/combining.ts), so that none is lost that came through another worker meanwhile. Small
// parts are given out when they are stored: who asks for a piece of it next is to find it.
import { valueOf } from '../../cache/policy/message.ts';
import { isCombinable, partOf, withPart } from '../../cache/policy/parts.ts';
import type { Storing } from '../../cache/policy/storing.ts';
import { updated } from '../../cache/policy/validation.ts';
import { hasWanted } from '../../cache/policy/wanted.ts';
import type { StoredBody, Variant } from '../../cache/store/object.ts';
import { type ContentRange, POSITION_UNKNOWN } from '../../http/content-range.ts';
import type { FieldList } from '../../http/response.ts';
import { selectingValues } from '../../http/vary.ts';
import { Plan, SPAN_FILE, SPAN_GROWING, UNTIL_END, type Span } from '../plan.ts';
import { asItCame } from './as-it-came.ts';
import { piecesPlan } from './answers.ts';
import type { Answered, Renewed } from './answered.ts';
import type { ArrivingBody } from './bodies.ts';
import type { Filling } from './fills.ts';
import { hookFailedPlan } from './hooks.ts';
import { withSearchTag } from './keys.ts';
import type { OriginAnswer, OriginHead } from './origin-answer.ts';
import type { ProxyParts } from './parts.ts';
import { failurePlan, passingPlan, responseFields } from './passing.ts';
import { piecesOf } from './pieces.ts';
import { prime } from './priming.ts';
import { type PartOutcome, receivePart } from './receiving.ts';
import { forwardedStatus, type Told } from './status.ts';

/** Parts up to this size are stored before they are given out; bytes. */
const STORED_FIRST_BYTES_MAX = 64 << 10;
const BROKEN = { status: 502, text: 'The origin broke off its answer.' } as const;

/** What is there already, and what comes. */
interface Completing {
  readonly filling: Filling;
  readonly head: OriginHead;
  readonly part: ContentRange;
  readonly stored: Variant;
  /** The head of both, and what is to become of it. */
  readonly renewed: Renewed;
}

export class PartFiller {
  readonly #parts: ProxyParts;

  constructor(parts: ProxyParts) {
    this.#parts = parts;
  }

  /** A part that stands for itself. It is no larger than may be stored. */
  async store(filling: Filling, verdict: Extract<Storing, { may: true }>, part: ContentRange, { head, tags }: Answered, answer: OriginAnswer): Promise<Plan> {
    const { asked, fwd } = filling;
    const { bodies } = this.#parts;
    asked.learn(verdict.fields);
    const body = bodies.begin();
    if (body === undefined) {
      this.#release(filling);
      return passingPlan(asked.request, head, answer, forwardedStatus(this.#parts.name, { fwd, detail: 'no-memory' }));
    }
    const variant: Variant = {
      id: bodies.newId(), status: 200, fields: verdict.fields, requestMs: head.requestMs, responseMs: head.responseMs,
      freshness: verdict.freshness, varyNames: verdict.varyNames, varyValues: selectingValues(verdict.varyNames, asked.sent),
      bytes: part.size, bodies: [], tags: withSearchTag(tags, asked.key, verdict.fields), invalid: false,
    };
    const isStoredFirst = isGivenOutStored(answer, part);
    const received = this.#receive(body, answer, part);
    const told = forwardedStatus(this.#parts.name, { fwd, stored: true });
    const arriving: Span = { kind: SPAN_GROWING, file: body.file, offset: 0, length: head.info.bytes >= 0 ? head.info.bytes : UNTIL_END };
    if (!isStoredFirst) {
      void this.#keepWhenThere(filling, variant, part, received, 'replace');
      return partPlan(head, arriving, told);
    }
    const outcome = await received;
    if (typeof outcome === 'string') {
      this.#release(filling);
      return outcome === 'broken' ? failurePlan(asked.request, BROKEN, forwardedStatus(this.#parts.name, { fwd: 'miss' })) : partPlan(head, arriving, forwardedStatus(this.#parts.name, { fwd, detail: 'partial-unusable' }));
    }
    await this.#keep(filling, variant, part, outcome.record, 'replace');
    const file = await bodies.follow(outcome.record);
    outcome.letGo();
    if (file === undefined) return failurePlan(asked.request, BROKEN, forwardedStatus(this.#parts.name, { fwd: 'miss' }));
    return partPlan(head, { kind: SPAN_FILE, file, offset: 0, length: lengthOf(part) }, told);
  }

  /** The answer to what was asked for to complete `stored`. Undefined: it does not do that, and the flight goes on. */
  async complete(filling: Filling, stored: Variant, head: OriginHead, answer: OriginAnswer): Promise<Plan | undefined> {
    const { asked } = filling;
    const { answers, bodies, limits, policy } = this.#parts;
    const message = { status: head.status, fields: responseFields(head) };
    const part = partOf({ status: head.status, fields: head.fields });
    if (part === undefined || lengthOf(part) > limits.memoryBytesMax || !isCombinable(stored, message, part, head.responseMs)) return undefined;
    const result = updated(asked.sent, stored, message, head, policy);
    if (!asked.suits(result.variant.fields)) return undefined;
    const renewed = answers.renewed(asked, result);
    if (!renewed) {
      answer.cancel('a hook failed');
      this.#release(filling);
      return hookFailedPlan(asked.request);
    }
    const variant: Variant = {
      ...renewed.variant, id: bodies.newId(), bytes: stored.bytes === POSITION_UNKNOWN ? part.size : stored.bytes,
      tags: withSearchTag(renewed.variant.tags, asked.key, renewed.variant.fields),
    };
    const all = withPart(stored.bodies, bodyOf(part, ''));
    if (all === undefined || !hasWanted(asked.request, { ...variant, bodies: all })) return undefined;
    const completing: Completing = { filling, head, part, stored, renewed: { ...renewed, variant } };
    return isGivenOutStored(answer, part) ? this.#planWhenThere(completing, answer) : this.#planWhileItComes(completing, answer);
  }

  async #planWhileItComes(completing: Completing, answer: OriginAnswer): Promise<Plan | undefined> {
    const { filling, part, stored, renewed } = completing;
    const { bodies } = this.#parts;
    const files = await bodies.hold(stored.bodies, filling.asked.key);
    if (files === undefined) return undefined;
    const body = bodies.begin();
    bodies.letGo(files);
    if (body === undefined) return undefined;
    void this.#keepWhenThere(filling, renewed.variant, part, this.#receive(body, answer, part), renewed.keep);
    return this.#planOf(completing, [...stored.bodies, bodyOf(part, body.record)], [...files, body.file], body.record);
  }

  async #planWhenThere(completing: Completing, answer: OriginAnswer): Promise<Plan | undefined> {
    const { filling, part, stored, renewed } = completing;
    const { bodies } = this.#parts;
    const body = bodies.begin();
    if (body === undefined) return undefined;
    const outcome = await this.#receive(body, answer, part);
    if (typeof outcome === 'string') return undefined;
    const all = [...stored.bodies, bodyOf(part, outcome.record)];
    const files = await bodies.hold(all, filling.asked.key);
    if (files !== undefined) await this.#keep(filling, renewed.variant, part, outcome.record, renewed.keep);
    outcome.letGo();
    if (files === undefined) return undefined;
    bodies.letGo(files);
    return this.#planOf(completing, all, files);
  }

  /** @param files of the records of `all`, the part's last. @param arriving the record that is not all there yet. */
  #planOf({ filling: { asked, fwd }, head, part, stored, renewed }: Completing, all: readonly StoredBody[], files: readonly number[], arriving?: string): Plan {
    const { answers, bodies } = this.#parts;
    const numbers = new Map(all.map(({ record }, index) => [record, files[index]!]));
    const joined = withPart(stored.bodies, bodyOf(part, all.at(-1)!.record))!;
    const pieces = piecesOf(joined, joined.map(({ record }) => numbers.get(record)!), bodies.reader, arriving);
    const variant: Variant = { ...renewed.variant, bodies: joined };
    const { initialAgeMs } = renewed.freshness;
    const ageS = initialAgeMs >= 1000 ? Math.floor(initialAgeMs / 1000) : undefined;
    return piecesPlan(asked.request, answers.areHooked ? variant : asItCame(variant, head), pieces, ageS, forwardedStatus(this.#parts.name, { fwd, fwdStatus: 206, stored: renewed.keep === 'replace' }));
  }

  #receive(body: ArrivingBody, answer: OriginAnswer, part: ContentRange): Promise<PartOutcome> {
    return receivePart(this.#parts.bodies, body, answer, lengthOf(part), this.#parts.limits.memoryBytesMax);
  }

  async #keepWhenThere(filling: Filling, variant: Variant, part: ContentRange, received: Promise<PartOutcome>, keep: Renewed['keep']): Promise<void> {
    const outcome = await received;
    if (typeof outcome === 'string') {
      this.#release(filling);
      return;
    }
    await this.#keep(filling, variant, part, outcome.record, keep);
    outcome.letGo();
  }

  /** The flight is over, and the part is stored if it may be. */
  async #keep({ asked, flight, selected }: Filling, variant: Variant, part: ContentRange, record: string, keep: Renewed['keep']): Promise<void> {
    const { store } = this.#parts;
    if (keep !== 'replace') {
      store.tell({ type: 'refreshed', flight, key: asked.key, variants: [], dropped: keep === 'drop' ? selected.slice(0, 1).map(({ variant: { id } }) => id) : [] });
      return;
    }
    store.tell({ type: 'stored', flight, key: asked.key, variant: { ...variant, bodies: [bodyOf(part, record)] }, replaces: [] });
    await prime(this.#parts, asked.key);
  }

  #release({ flight }: Filling): void {
    this.#parts.store.tell({ type: 'released', flight, aloneForMs: 0, failed: false });
  }
}

function lengthOf({ from, to }: ContentRange): number {
  return to - from + 1;
}

function bodyOf(part: ContentRange, record: string): StoredBody {
  return { record, offset: part.from, bytes: lengthOf(part) };
}

function isGivenOutStored(answer: OriginAnswer, part: ContentRange): boolean {
  return answer.ended || lengthOf(part) <= STORED_FIRST_BYTES_MAX;
}

/** The origin's own answer, from the record that its content goes to. */
function partPlan(head: OriginHead, span: Span, { field, result }: Told): Plan {
  const fields: FieldList = [...responseFields(head), ['Cache-Status', field]];
  const isSized = span.length < UNTIL_END;
  const own: FieldList = isSized ? [['Content-Length', String(span.length)], ...fields] : fields;
  return new Plan(head.status, own, [span], isSized ? 'length' : 'chunked', { dated: valueOf(fields, 'date') !== undefined, result });
}
