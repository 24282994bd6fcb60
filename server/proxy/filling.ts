// A question to the origin whose answer may be stored, for everybody who waits for it: the flight is over when `stored`,
// `refreshed` or `released` was told, and each way out of here tells one of them.
//
//   answer ── 304 ──────────────> refreshed                 the stored response has a new head
//          ── 5xx, none ─────────> released                  what is stale may do (RFC 5861, RFC 9111 §4.2.4)
//          ── not to be shared ──> released, passed through
//          ── 206 ──────────────> stored, released           a part (part-filling.ts)
//          ── else ──────────────> head ──> stored           sent to whoever waits while it arrives
import { mergedConditions, type Conditions } from '../../cache/policy/conditions.ts';
import type { RequestMessage } from '../../cache/policy/message.ts';
import { isComplete } from '../../cache/policy/parts.ts';
import type { Storing } from '../../cache/policy/storing.ts';
import type { RefusedReason } from '../../cache/policy/reasons.ts';
import { freshened, supersedes } from '../../cache/policy/validation.ts';
import { hasWanted } from '../../cache/policy/wanted.ts';
import { judge } from '../../cache/policy/reuse.ts';
import type { Superseded } from '../../cache/store/messages.ts';
import type { Variant } from '../../cache/store/object.ts';
import { selectingValues } from '../../http/vary.ts';
import type { Plan } from '../plan.ts';
import { asItCame } from './as-it-came.ts';
import { arrivingPlan, unsizedPlan, variantPlan } from './answers.ts';
import type { Answered } from './answered.ts';
import type { Asked } from './asked.ts';
import type { ArrivingBody } from './bodies.ts';
import { cutPlan } from './cutting.ts';
import type { Filling, ToOrigin } from './fills.ts';
import { hookFailedPlan } from './hooks.ts';
import { withSearchTag } from './keys.ts';
import { isFailure, type OriginAnswer, type OriginHead } from './origin-answer.ts';
import type { OriginFailure } from './origin/failure.ts';
import type { ProxyParts } from './parts.ts';
import { PartFiller } from './part-filling.ts';
import { partQuestion } from './part-question.ts';
import { failurePlan, hasBody, passingPlan, responseFields } from './passing.ts';
import { prime } from './priming.ts';
import { forwardedStatus, staleStatus, type Forwarded, type Told } from './status.ts';
import { UnsizedSource } from './unsized-source.ts';

/** Of the store's own: what one client has already is of no interest to the others. */
const OF_NOBODY: RequestMessage = { methodText: 'GET', fieldNamed: () => undefined };
/** Statuses of RFC 5861 §4. */
const ERRORS = new Set([500, 502, 503, 504]);
/** What an origin may say to Range and If-Range that is for nobody who did not ask so. */
const OF_A_PART = new Set([206, 304, 412, 416]);
/** What everybody has to validate is given out, up to this size, when it is stored; bytes. */
const STORED_FIRST_BYTES_MAX = 64 << 10;

/** A body that is all there. */
interface Received {
  readonly variant: Variant;
  /** Whoever made a plan of it has done so. */
  letGo(): void;
}

export class Filler {
  readonly #parts: ProxyParts;
  readonly #origin: ToOrigin;
  readonly #partFiller: PartFiller;

  constructor(parts: ProxyParts, origin: ToOrigin) {
    this.#parts = parts;
    this.#origin = origin;
    this.#partFiller = new PartFiller(parts);
  }

  async fill(filling: Filling): Promise<Plan> {
    const { asked, selected, question } = filling;
    const conditions = question?.conditions ?? (filling.conditional === true ? clientsConditions(asked) : mergedConditions(OF_NOBODY, selected.map(({ variant }) => variant)));
    const answer = this.#origin.ask(asked, conditions);
    const head = await answer.response;
    if (isFailure(head)) {
      this.#release(filling, 0, true);
      return this.withoutAnswer(filling, head, { fwd: filling.fwd });
    }
    if (this.#parts.sendfile?.names(head)) {
      this.#release(filling, this.#parts.limits.aloneMs);
      return this.#parts.sendfile.plan(asked, head, answer, forwardedStatus(this.#parts.name, { fwd: filling.fwd, detail: 'sendfile' }));
    }
    if (head.status === 304 && conditions.nominated.length > 0) return this.#refresh(filling, conditions, head, answer);
    if (ERRORS.has(head.status)) {
      const stale = await this.staleInstead(filling, 'stale-if-error', head.status);
      if (stale) {
        answer.cancel('what is stored is used');
        this.#release(filling, 0, true);
        return stale;
      }
    }
    if (question?.of && OF_A_PART.has(head.status)) return this.#complete(filling, question.of, head, answer);
    return this.#judge(filling, head, answer);
  }

  /** Where what came is not what was asked for, it is asked for as the client did. */
  async #complete(filling: Filling, stored: Variant, head: OriginHead, answer: OriginAnswer): Promise<Plan> {
    const plan = await this.#partFiller.complete(filling, stored, head, answer);
    if (plan) return plan;
    answer.cancel('it does not complete what is stored');
    return this.fill({ ...filling, selected: [], judgement: undefined, question: partQuestion(filling.asked.request, undefined, true, this.#parts.limits) });
  }

  /** What is stale, where that may be used in place of an error (RFC 5861 §4) or of nothing (RFC 9111 §4.2.4). */
  async staleInstead({ asked, selected: [held], judgement }: Pick<Filling, 'asked' | 'selected' | 'judgement'>, why: 'unreachable' | 'stale-if-error', status: number | undefined): Promise<Plan | undefined> {
    if (!held || !judgement || !(judgement.staleOnErrorMs > 0 || (why === 'unreachable' && judgement.staleUnreachable))) return undefined;
    return this.#planOf(asked, held.variant, judgement.ageS, staleStatus(this.#parts.name, judgement, why, status));
  }

  /** What is stale, or why there is nothing. */
  async withoutAnswer(filling: Pick<Filling, 'asked' | 'selected' | 'judgement'>, failure: Pick<OriginFailure, 'kind' | 'status' | 'text'>, why: Forwarded): Promise<Plan> {
    const stale = await this.staleInstead(filling, 'unreachable', undefined);
    return stale ?? failurePlan(filling.asked.request, { ...failure, status: statusWithout(filling, failure) }, forwardedStatus(this.#parts.name, why));
  }

  // ---- a new response ----

  async #judge(filling: Filling, received: OriginHead, answer: OriginAnswer): Promise<Plan> {
    const { asked, fwd } = filling;
    const { limits } = this.#parts;
    const judged = this.#parts.answers.judged(asked, received);
    if (!judged) {
      answer.cancel('a hook failed');
      this.#release(filling, 0);
      return hookFailedPlan(asked.request);
    }
    const { head, verdict } = judged;
    const { bytes } = head.info;
    // Who has asked for a part, and is sent the whole, has the whole.
    const isForPart = asked.ranged && head.status === 200 && filling.question === undefined;
    const isLarge = bytes > limits.objectBytesMax || (isForPart && bytes > limits.rangeFillBytesMax);
    if (verdict.may && verdict.part === undefined && !isLarge) return this.#store(filling, verdict, judged, answer);
    if (verdict.may && verdict.part && verdict.part.to - verdict.part.from < limits.memoryBytesMax) return this.#partFiller.store(filling, verdict, verdict.part, judged, answer);
    const reason = verdict.may ? 'too-large' : verdict.reason;
    // What one client has already says nothing to those who wait: one of them asks anew.
    if (filling.conditional === true && head.status === 304) this.#parts.store.tell({ type: 'refreshed', flight: filling.flight, key: asked.key, variants: [], dropped: [] });
    else await this.#releaseNewer(filling, verdict.may || ERRORS.has(head.status) ? 0 : this.#parts.limits.aloneMs, supersededBy(filling, head.status, reason));
    const why: Forwarded = { fwd, detail: reason };
    const cut = isForPart && !verdict.may ? cutPlan(asked.request, head, answer, forwardedStatus(this.#parts.name, why), limits.rangeFillBytesMax) : undefined;
    if (cut || !isForPart) return cut ?? passingPlan(asked.request, head, answer, forwardedStatus(this.#parts.name, why));
    answer.cancel('only a part was asked for');
    return verdict.may ? this.#origin.part(asked) : this.#origin.pass(asked, why);
  }

  async #store(filling: Filling, verdict: Extract<Storing, { may: true }>, { head, tags }: Answered, answer: OriginAnswer): Promise<Plan> {
    const { asked, fwd } = filling;
    asked.learn(verdict.fields);
    const bytes = hasBody(head) ? head.info.bytes : 0;
    const variant: Variant = {
      id: this.#parts.bodies.newId(), status: head.status, fields: verdict.fields, requestMs: head.requestMs, responseMs: head.responseMs,
      freshness: verdict.freshness, varyNames: verdict.varyNames, varyValues: selectingValues(verdict.varyNames, asked.sent),
      bytes, bodies: [], tags: withSearchTag(tags, asked.key, verdict.fields), invalid: false,
    };
    const status = forwardedStatus(this.#parts.name, { fwd, stored: true });
    const body = bytes === 0 ? undefined : await this.#placeFor(bytes, answer);
    if (bytes !== 0 && body === undefined) {
      this.#release(filling, 0);
      return passingPlan(asked.request, head, answer, forwardedStatus(this.#parts.name, { fwd, detail: 'no-memory' }));
    }
    const unsized = body && bytes < 0 && !asked.request.conditional && !answer.ended ? new UnsizedSource(body.record) : undefined;
    const done = this.#receive(filling, variant, body, answer, unsized);
    const ageS = verdict.freshness.initialAgeMs >= 1000 ? Math.floor(verdict.freshness.initialAgeMs / 1000) : undefined;
    // Who asks again when he has his answer is to find it stored: where all of it is there already, and where he would have to validate it.
    const isStoredFirst = answer.ended || (bytes >= 0 && bytes <= STORED_FIRST_BYTES_MAX && judge(OF_NOBODY, variant, Date.now(), this.#parts.policy).use === 'validate');
    if (body === undefined || isStoredFirst) return this.#whenDone(filling, head, done, ageS, status);
    this.#parts.store.tell({ type: 'head', flight: filling.flight, arriving: { variant, record: body.record, bytes } });
    // Of a body of unknown length only the end can tell what a range, or a condition, makes of it.
    if (bytes < 0 && asked.request.conditional) return this.#whenDone(filling, head, done, ageS, status);
    void done.then((received) => 'letGo' in received && received.letGo());
    if (unsized) return unsizedPlan(asItCame(variant, head), unsized, ageS, status);
    return arrivingPlan(asked.request, asItCame(variant, head), body.file, ageS, status);
  }

  async #placeFor(bytes: number, answer: OriginAnswer): Promise<ArrivingBody | undefined> {
    const { bodies } = this.#parts;
    if (!bodies.isForDisk(bytes)) return bodies.beginInMemory(bytes);
    answer.pause(); // until there is somebody to take it
    const body = await bodies.beginOnDisk(bytes);
    answer.resume();
    return body ?? bodies.beginInMemory(bytes);
  }

  async #whenDone({ asked, fwd }: Filling, head: OriginHead, done: Promise<Received | OriginFailure>, ageS: number | undefined, status: Told): Promise<Plan> {
    const received = await done;
    // Only its end has told that it is nothing for the store: this client's part of it is the origin's to tell.
    if ('kind' in received && received.text === TOO_LARGE.text) return this.#origin.pass(asked, { fwd, detail: 'too-large' });
    if ('kind' in received) return failurePlan(asked.request, received, forwardedStatus(this.#parts.name, { fwd: 'miss' }));
    const plan = await this.#planOf(asked, asItCame(received.variant, head), ageS, status);
    received.letGo();
    return plan ?? failurePlan(asked.request, NO_MEMORY, forwardedStatus(this.#parts.name, { fwd: 'miss' }));
  }

  /** Takes the body; resolves with what is stored at its end, or why nothing is. @param unsized whose client has it all, whatever is stored. */
  #receive(filling: Filling, variant: Variant, body: ArrivingBody | undefined, answer: OriginAnswer, unsized?: UnsizedSource): Promise<Received | OriginFailure> {
    const { bodies, limits } = this.#parts;
    const bytesMax = Math.min(limits.objectBytesMax, body ? bodies.bytesMaxOf(body) : 0);
    let received = 0;
    return new Promise((resolve) => {
      const fail = (failure: OriginFailure | Want): void => {
        if (body) bodies.breakOff(body);
        this.#release(filling, failure === TOO_LARGE ? limits.aloneMs : 0);
        resolve({ kind: 'closed', detail: '', beforeHead: false, ...failure });
      };
      const failed = (failure: OriginFailure): void => {
        unsized?.fail(failure.text);
        fail(failure);
      };
      const refuse = (failure: Want, chunk?: Uint8Array): void => {
        if (chunk && unsized && !unsized.isOver) unsized.goOn(chunk, answer);
        else answer.cancel(failure.text);
        fail(failure);
      };
      if (body) bodies.drive(body, answer, () => refuse(NO_MEMORY));
      answer.take({
        data: (chunk) => {
          received += chunk.length;
          if (received > bytesMax) refuse(TOO_LARGE, chunk);
          else if (!body || !bodies.append(body, chunk)) refuse(NO_MEMORY, chunk);
          else unsized?.rose(chunk.length);
        },
        end: () => {
          unsized?.end();
          void this.#finish(filling, variant, body, received).then(resolve);
        },
        failed,
      });
    });
  }

  async #finish(filling: Filling, variant: Variant, body: ArrivingBody | undefined, bytes: number): Promise<Received> {
    const { asked, flight, selected } = filling;
    const whole = body && bytes > 0 ? await this.#parts.bodies.finish(body, bytes) : undefined;
    if (body && !whole) this.#parts.bodies.finishEmpty(body);
    const stored: Variant = { ...variant, bytes, bodies: whole ? [{ record: whole.record, offset: 0, bytes }] : [] };
    // A purge that came meanwhile takes what is on disk away: this client has it from the record that it arrived in.
    const given: Variant = body?.disk ? { ...stored, bodies: [{ record: body.record, offset: 0, bytes }] } : stored;
    if (whole?.isKept === false) {
      this.#release(filling, 0);
      return { variant: given, letGo: () => whole.letGo() };
    }
    this.#parts.store.tell({ type: 'stored', flight, key: asked.key, variant: stored, replaces: selected.map(({ variant: { id } }) => id) });
    await prime(this.#parts, asked.key);
    return { variant: given, letGo: () => whole?.letGo() };
  }

  // ---- a stored response with a new head ----

  async #refresh(filling: Filling, sent: Conditions, head: OriginHead, answer: OriginAnswer): Promise<Plan> {
    const { asked, selected, flight } = filling;
    const { policy, store } = this.#parts;
    answer.take(NOBODY);
    const message = { status: 304, fields: responseFields(head) };
    const variants = selected.map(({ variant }) => variant);
    const result = freshened(asked.sent, variants, sent, message, head, policy);
    const [first] = result.freshened;
    // Asked again without conditions; also where another rule for queries has come that tells this one from the one that was stored.
    if (!first || !result.freshened.every(({ variant }) => asked.suits(variant.fields))) return this.fill({ ...filling, selected: [], judgement: undefined, question: undefined });
    const renewed = result.freshened.map((one) => this.#parts.answers.renewed(asked, one));
    if (!renewed.every((one) => one !== undefined)) {
      this.#release(filling, 0);
      return hookFailedPlan(asked.request);
    }
    const all = renewed.map(({ variant, keep }) => ({ keep, variant: { ...variant, tags: withSearchTag(variant.tags, asked.key, variant.fields) } }));
    const { variant } = all[0]!;
    const ageS = variant.freshness.initialAgeMs >= 1000 ? Math.floor(variant.freshness.initialAgeMs / 1000) : undefined;
    // First, because what is dropped may have been held by the store alone.
    const told = this.#parts.answers.areHooked ? variant : asItCame(variant, head); // what a hook has taken away stays away
    const plan = await this.#planOf(asked, told, ageS, forwardedStatus(this.#parts.name, { fwd: filling.fwd, fwdStatus: 304, stored: all[0]!.keep === 'replace' }));
    // Its bytes are gone: as if it had not been there.
    if (!plan) return this.fill({ ...filling, selected: [], judgement: undefined, question: undefined });
    store.tell({
      type: 'refreshed', flight, key: asked.key, variants: all.filter(({ keep }) => keep === 'replace').map(({ variant }) => variant),
      dropped: all.filter(({ keep }) => keep === 'drop').map(({ variant }) => variant.id),
    });
    void prime(this.#parts, asked.key);
    return plan;
  }

  /** The answer of a variant that may be nobody's yet. Undefined: its bytes are gone, or it has not those that are asked for. */
  async #planOf(asked: Asked, variant: Variant, ageS: number | undefined, cacheStatus: Told): Promise<Plan | undefined> {
    const { bodies } = this.#parts;
    if (!hasWanted(asked.request, variant)) return undefined;
    const files = await bodies.hold(variant.bodies, asked.key);
    if (files === undefined) return undefined;
    bodies.letGo(files);
    const [file = -1, ...others] = files;
    return variantPlan(asked.request, { variant, file, others, partial: !isComplete(variant) }, ageS, cacheStatus, bodies.reader);
  }

  /** `failed`: whoever waits need not ask the origin again. */
  #release({ flight }: Filling, aloneForMs: number, failed = false): void {
    this.#parts.store.tell({ type: 'released', flight, aloneForMs, failed });
  }

  /** Who is answered by what came, and then asks again, does not get what was there before. */
  async #releaseNewer({ flight }: Filling, aloneForMs: number, superseded: Superseded | undefined): Promise<void> {
    this.#parts.store.tell({ type: 'released', flight, aloneForMs, failed: false, superseded });
    if (superseded) await this.#parts.store.heard();
  }
}

/** RFC 9111 §5.2.2.2: what is not to be used without validation, and cannot be validated, is 504; but what came, and was no HTTP, is 502 still. */
function statusWithout({ selected: [held] }: Pick<Filling, 'selected'>, { kind, status }: Pick<OriginFailure, 'kind' | 'status'>): number {
  const isDisconnected = kind === 'connect' || kind === 'closed';
  return isDisconnected && held?.variant.freshness.mustRevalidate === true ? 504 : status;
}

/** What was stored before an answer that is not stored. */
function supersededBy({ asked, selected }: Filling, status: number, reason: RefusedReason | 'too-large' | 'hook'): Superseded | undefined {
  if (selected.length === 0 || reason === 'hook' || !supersedes(asked.sent, status, reason)) return undefined;
  return { key: asked.key, variants: selected.map(({ variant: { id } }) => id) };
}

/** Without If-Range: all of it is asked for. */
function clientsConditions({ request }: Asked): Conditions {
  const conditions = mergedConditions(request, []);
  return { ...conditions, fields: conditions.fields.filter(([name]) => name !== 'If-Range') };
}

/** Why we cannot take a body. */
interface Want {
  readonly status: 502 | 503 | 504;
  readonly text: string;
}

const NO_MEMORY: Want = { status: 503, text: 'There is no memory for this answer.' };
const TOO_LARGE: Want = { status: 503, text: 'This answer is too large to be stored.' };
const NOBODY = { data: () => undefined, end: () => undefined, failed: () => undefined };
