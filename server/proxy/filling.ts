// A question to the origin whose answer may be stored, for everybody who waits for it: the flight is over when `stored`,
// `refreshed` or `released` was told, and each way out of here tells one of them.
//
//   answer ── 304 ──────────────> refreshed                 the stored response has a new head
//          ── 5xx, none ─────────> released                  what is stale may do (RFC 5861, RFC 9111 §4.2.4)
//          ── not to be shared ──> released, passed through
//          ── else ──────────────> head ──> stored           sent to whoever waits while it arrives
import { mergedConditions, type Conditions } from '../../cache/policy/conditions.ts';
import type { RequestMessage } from '../../cache/policy/message.ts';
import { messageFields, type Storing } from '../../cache/policy/storing.ts';
import { freshened } from '../../cache/policy/validation.ts';
import { judge, type Judgement } from '../../cache/policy/reuse.ts';
import type { HeldVariant } from '../../cache/store/holdings.ts';
import type { Variant } from '../../cache/store/object.ts';
import type { ForwardReason } from '../../http/cache-status.ts';
import { selectingValues } from '../../http/vary.ts';
import type { Plan } from '../plan.ts';
import { arrivingPlan, variantPlan, type VariantPlans } from './answers.ts';
import type { Answered } from './answered.ts';
import type { Asked } from './asked.ts';
import type { ArrivingBody } from './bodies.ts';
import { hookFailedPlan } from './hooks.ts';
import { withSearchTag } from './keys.ts';
import { isFailure, type OriginAnswer, type OriginHead } from './origin-answer.ts';
import type { OriginFailure } from './origin/failure.ts';
import type { ProxyParts } from './parts.ts';
import { failurePlan, hasBody, passingPlan, responseFields } from './passing.ts';
import { forwardedStatus, staleStatus } from './status.ts';

/** What is asked, and for whom. */
export interface Filling {
  readonly asked: Asked;
  /** Of which this worker is the filler. */
  readonly flight: number;
  /** Stored variants that the request selects, the most suitable first. */
  readonly selected: readonly HeldVariant<VariantPlans>[];
  /** Of the first of them. */
  readonly judgement: Judgement | undefined;
  /** Nothing stored is selected, and the client has conditions: they are the origin's to judge (RFC 9111 §4.3.2). */
  readonly conditional?: boolean;
  readonly fwd: ForwardReason;
}

/** Of the store's own: what one client has already is of no interest to the others. */
const OF_NOBODY: RequestMessage = { methodText: 'GET', fieldNamed: () => undefined };
/** Statuses of RFC 5861 §4. */
const ERRORS = new Set([500, 502, 503, 504]);
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
  readonly #ask: (asked: Asked, conditions: Conditions | undefined) => OriginAnswer;
  readonly #pass: (asked: Asked, fwd: ForwardReason, detail: 'too-large') => Promise<Plan>;

  constructor(parts: ProxyParts, ask: (asked: Asked, conditions: Conditions | undefined) => OriginAnswer, pass: (asked: Asked, fwd: ForwardReason, detail: 'too-large') => Promise<Plan>) {
    this.#parts = parts;
    this.#ask = ask;
    this.#pass = pass;
  }

  async fill(filling: Filling): Promise<Plan> {
    const { asked, selected } = filling;
    const conditions = filling.conditional === true ? clientsConditions(asked) : mergedConditions(OF_NOBODY, selected.map(({ variant }) => variant));
    const answer = this.#ask(asked, conditions);
    const head = await answer.response;
    if (isFailure(head)) {
      this.#release(filling, 0, true);
      return (await this.staleInstead(filling, 'unreachable', undefined)) ?? failurePlan(asked.request, head, forwardedStatus({ fwd: filling.fwd }));
    }
    if (this.#parts.sendfile?.names(head)) {
      this.#release(filling, this.#parts.limits.aloneMs);
      return this.#parts.sendfile.plan(asked, head, answer, forwardedStatus({ fwd: filling.fwd, detail: 'sendfile' }));
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
    return this.#judge(filling, head, answer);
  }

  /** What is stale, where that may be used in place of an error (RFC 5861 §4) or of nothing (RFC 9111 §4.2.4). */
  async staleInstead({ asked, selected: [held], judgement }: Pick<Filling, 'asked' | 'selected' | 'judgement'>, why: 'unreachable' | 'stale-if-error', status: number | undefined): Promise<Plan | undefined> {
    if (!held || !judgement || !(judgement.staleOnErrorMs > 0 || (why === 'unreachable' && judgement.staleUnreachable))) return undefined;
    return this.#planOf(asked, held.variant, judgement.ageS, staleStatus(judgement, why, status));
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
    const large = asked.ranged && bytes > limits.rangeFillBytesMax;
    if (verdict.may && verdict.part === undefined && bytes <= limits.objectBytesMax && !large) return this.#store(filling, verdict, judged, answer);
    // What one client has already says nothing to those who wait: one of them asks anew.
    if (filling.conditional === true && head.status === 304) this.#parts.store.tell({ type: 'refreshed', flight: filling.flight, key: asked.key, variants: [], dropped: [] });
    else this.#release(filling, verdict.may || ERRORS.has(head.status) ? 0 : this.#parts.limits.aloneMs);
    // Who asked for a part gets a part: the origin is asked for it.
    if (asked.ranged && head.status === 200) {
      answer.cancel('only a part was asked for');
      return this.#pass(asked, fwd, 'too-large');
    }
    return passingPlan(head, answer, forwardedStatus({ fwd, detail: verdict.may ? 'too-large' : verdict.reason }));
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
    const status = forwardedStatus({ fwd, stored: true });
    const body = bytes === 0 ? undefined : this.#parts.bodies.begin();
    if (bytes !== 0 && body === undefined) {
      this.#release(filling, 0);
      return passingPlan(head, answer, forwardedStatus({ fwd, detail: 'no-memory' }));
    }
    const done = this.#receive(filling, variant, body, answer);
    const ageS = verdict.freshness.initialAgeMs >= 1000 ? Math.floor(verdict.freshness.initialAgeMs / 1000) : undefined;
    // Who asks again when he has his answer is to find it stored: where all of it is there already, and where he would have to validate it.
    const isStoredFirst = answer.ended || (bytes >= 0 && bytes <= STORED_FIRST_BYTES_MAX && judge(OF_NOBODY, variant, Date.now(), this.#parts.policy).use === 'validate');
    if (body === undefined || isStoredFirst) return this.#whenDone(asked, head, done, ageS, status);
    this.#parts.store.tell({ type: 'head', flight: filling.flight, arriving: { variant, record: body.record, bytes } });
    // Of a body of unknown length only the end can tell what a range, or a condition, makes of it.
    if (bytes < 0 && asked.request.conditional) return this.#whenDone(asked, head, done, ageS, status);
    void done.then((received) => 'letGo' in received && received.letGo());
    return arrivingPlan(asked.request, asItCame(variant, head), body.file, ageS, status);
  }

  async #whenDone(asked: Asked, head: OriginHead, done: Promise<Received | OriginFailure>, ageS: number | undefined, status: string): Promise<Plan> {
    const received = await done;
    if ('kind' in received) return failurePlan(asked.request, received, forwardedStatus({ fwd: 'miss' }));
    const plan = await this.#planOf(asked, asItCame(received.variant, head), ageS, status);
    received.letGo();
    return plan ?? failurePlan(asked.request, NO_MEMORY, forwardedStatus({ fwd: 'miss' }));
  }

  /** Takes the body; resolves with what is stored at its end, or why nothing is. */
  #receive(filling: Filling, variant: Variant, body: ArrivingBody | undefined, answer: OriginAnswer): Promise<Received | OriginFailure> {
    const { bodies, limits } = this.#parts;
    let received = 0;
    return new Promise((resolve) => {
      const fail = (failure: OriginFailure | Want): void => {
        if (body) bodies.breakOff(body);
        this.#release(filling, failure === TOO_LARGE ? limits.aloneMs : 0);
        resolve({ kind: 'closed', detail: '', beforeHead: false, ...failure });
      };
      const refuse = (failure: Want): void => {
        answer.cancel(failure.text);
        fail(failure);
      };
      answer.take({
        data: (chunk) => {
          received += chunk.length;
          if (received > limits.objectBytesMax) refuse(TOO_LARGE);
          else if (!body || !bodies.append(body, chunk)) refuse(NO_MEMORY);
        },
        end: () => void this.#finish(filling, variant, body, received).then(resolve),
        failed: fail,
      });
    });
  }

  async #finish(filling: Filling, variant: Variant, body: ArrivingBody | undefined, bytes: number): Promise<Received> {
    const { asked, flight, selected } = filling;
    const whole = body && bytes > 0 ? await this.#parts.bodies.finish(body, bytes) : undefined;
    if (body && !whole) this.#parts.bodies.finishEmpty(body);
    const stored: Variant = { ...variant, bytes, bodies: whole ? [{ record: whole.record, offset: 0, bytes }] : [] };
    this.#parts.store.tell({ type: 'stored', flight, key: asked.key, variant: stored, replaces: selected.map(({ variant: { id } }) => id) });
    await this.#prime(asked.key);
    return { variant: stored, letGo: () => whole?.letGo() };
  }

  /** What was just stored is made this worker's; once the coordinator has answered it has the body, too. */
  async #prime(key: string): Promise<void> {
    const { store, holdings, bodies } = this.#parts;
    const answer = await store.ask(key, -1, undefined);
    if (answer.type !== 'object') return;
    const held = holdings.take(key, answer.object, answer.version, answer.generation);
    await Promise.all(held?.variants.slice(0, 1).map((variant) => bodies.open(variant)) ?? []);
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
    if (!first || !result.freshened.every(({ variant }) => asked.suits(variant.fields))) return this.fill({ ...filling, selected: [], judgement: undefined });
    const renewed = result.freshened.map((one) => this.#parts.answers.renewed(asked, one));
    if (!renewed.every((one) => one !== undefined)) {
      this.#release(filling, 0);
      return hookFailedPlan(asked.request);
    }
    const all = renewed.map(({ variant, keep }) => ({ keep, variant: { ...variant, tags: withSearchTag(variant.tags, asked.key, variant.fields) } }));
    const { variant } = all[0]!;
    const ageS = variant.freshness.initialAgeMs >= 1000 ? Math.floor(variant.freshness.initialAgeMs / 1000) : undefined;
    // First, because what is dropped may have been held by the store alone.
    const plan = await this.#planOf(asked, asItCame(variant, head), ageS, forwardedStatus({ fwd: filling.fwd, fwdStatus: 304, stored: all[0]!.keep === 'replace' }));
    // Its bytes are gone: as if it had not been there.
    if (!plan) return this.fill({ ...filling, selected: [], judgement: undefined });
    store.tell({
      type: 'refreshed', flight, key: asked.key, variants: all.filter(({ keep }) => keep === 'replace').map(({ variant }) => variant),
      dropped: all.filter(({ keep }) => keep === 'drop').map(({ variant }) => variant.id),
    });
    void this.#prime(asked.key);
    return plan;
  }

  /** The answer of a variant that may be nobody's yet. Undefined: its bytes are gone. */
  async #planOf(asked: Asked, variant: Variant, ageS: number | undefined, cacheStatus: string): Promise<Plan | undefined> {
    const [body] = variant.bodies;
    const file = body ? await this.#parts.bodies.follow(body.record) : -1;
    return file === undefined ? undefined : variantPlan(asked.request, { variant, file, plans: undefined }, ageS, cacheStatus, this.#parts.bodies.reader);
  }

  /** `failed`: whoever waits need not ask the origin again. */
  #release({ flight }: Filling, aloneForMs: number, failed = false): void {
    this.#parts.store.tell({ type: 'released', flight, aloneForMs, failed });
  }
}

/** For the client whose question it answers: with what is said to nobody else (RFC 9111 §5.2.2.4, §5.2.2.7) and its cookies. */
function asItCame(variant: Variant, head: OriginHead): Variant {
  const there = new Set(variant.fields.map(([name]) => name.toLowerCase()));
  const others = responseFields(head).filter(([name]) => !there.has(name.toLowerCase()) && !messageFields.has(name.toLowerCase()) && !/^content-encoding$/i.test(name));
  return others.length === 0 ? variant : { ...variant, fields: [...variant.fields, ...others] };
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
