// The proxy's exchange: what is stored and may be used is answered at once; else the origin is asked, by one for all who
// ask for the same (RFC 9111 §4).
//
//   known ─ fresh ──────────────────> plan
//   find ── coordinator: object ────> look again
//                        fill ──────> filling.ts: the origin, for everybody
//                        follow ────> what arrives for another
//                        alone ─────> the origin, for this client
import { invalidated } from '../../cache/policy/invalidation.ts';
import { freshenedByHead } from '../../cache/policy/validation.ts';
import type { RequestMessage } from '../../cache/policy/message.ts';
import { requestDirectives } from '../../cache/policy/directives.ts';
import { judge, type Judgement } from '../../cache/policy/reuse.ts';
import { matches, selectable } from '../../cache/policy/selection.ts';
import { hasWanted } from '../../cache/policy/wanted.ts';
import type { Conditions } from '../../cache/policy/conditions.ts';
import type { HeldObject, HeldVariant } from '../../cache/store/holdings.ts';
import type { Arriving } from '../../cache/store/messages.ts';
import type { ForwardReason } from '../../http/cache-status.ts';
import { FIELD_VIA, METHOD_GET, METHOD_HEAD, type RequestHead } from '../../http/head.ts';
import { withoutTraceContext } from '../../http/trace-context.ts';
import { askedProtocols } from '../../http/upgrade.ts';
import { loops } from '../../http/via.ts';
import type { Conversation, Exchange, Peer } from '../exchange.ts';
import type { Plan } from '../plan.ts';
import { arrivingPlan, ArrivingPlans, hitPlan, type VariantPlans } from './answers.ts';
import { Asked } from './asked.ts';
import { Filler } from './filling.ts';
import type { Filling } from './fills.ts';
import { flightOf, fwdOf, hasConditions, isForOrigin, needsItsOwn } from './asking.ts';
import { forwardedFields, originTarget } from './forward.ts';
import { hookFailedPlan } from './hooks.ts';
import { withSearchTag } from './keys.ts';
import { isFailure, OriginAnswer, type OriginHead } from './origin-answer.ts';
import { partQuestion } from './part-question.ts';
import type { ProxyParts } from './parts.ts';
import { PURGE } from './purging.ts';
import { failurePlan, ownPlan, passingPlan, responseFields, tunnelPlan } from './passing.ts';
import { SentRequest } from './sent-request.ts';
import type { Steering } from './steering.ts';
import { forwardedStatus, type Forwarded } from './status.ts';

/** Questions to the coordinator for one request; each but the last has brought something new. */
const ROUNDS_MAX = 8;
/** A request that has come by here so often goes round in a circle. */
const LOOPS_MAX = 8;
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

export class ProxyExchange implements Exchange {
  readonly #parts: ProxyParts;
  readonly #filler: Filler;
  readonly #arriving = new ArrivingPlans();
  /** Keys that are being validated in the background. */
  readonly #revalidating = new Set<string>();

  constructor(parts: ProxyParts) {
    this.#parts = parts;
    this.#filler = new Filler(parts, {
      ask: (asked, conditions) => this.#ask(asked, conditions), pass: (asked, why) => this.#pass(asked, why), part: (asked) => this.#lookUp(asked, true),
    });
  }

  /** Nothing is validated in the background. */
  get isIdle(): boolean {
    return this.#revalidating.size === 0;
  }

  wants(): boolean {
    return true;
  }

  known(request: RequestHead, nowMs: number, peer: Peer, steering?: Steering): Plan | undefined {
    if ((request.method !== METHOD_GET && request.method !== METHOD_HEAD) || request.hasBody || isForOrigin(request) || this.#upgradeOf(request) !== undefined || steering?.bypass === true) return undefined;
    const { keys } = this.#parts;
    const held = this.#parts.holdings.current(steering?.key ?? keys.of(request));
    const chosen = held && this.#selected(held, new SentRequest(request, peer, this.#parts.forward))[0];
    if (chosen && steering?.key === undefined && !keys.suits(request, held.key, chosen.variant.fields)) return undefined;
    if (!chosen || (chosen.file < 0 && chosen.variant.bodies.length > 0) || this.#parts.bodies.isBroken(chosen) || (chosen.partial && !hasWanted(request, chosen.variant))) return undefined;
    const judgement = this.#judge(request, chosen, nowMs);
    if (judgement.use === 'validate') return undefined;
    if (judgement.use === 'stale-while-revalidate') this.#revalidate(request, peer, steering);
    return hitPlan(request, chosen, judgement, this.#parts.bodies.reader, this.#parts.name);
  }

  async find(request: RequestHead, _nowMs: number, peer: Peer, conversation: Conversation, steering?: Steering): Promise<Plan> {
    const asked = new Asked(request, peer, conversation, this.#parts, steering);
    if (loops(request.field(FIELD_VIA), this.#parts.name) >= LOOPS_MAX) return failurePlan(request, { status: 502, text: 'This request goes round in a circle.' }, forwardedStatus(this.#parts.name, { fwd: 'bypass' }));
    const own = ownPlan(request);
    if (own) return own;
    if (request.methodText === PURGE) return this.#parts.purging.plan(request, this.#parts.keys.unscoped(asked.key), peer.address);
    if (this.#upgradeOf(request) !== undefined) return this.#pass(asked, { fwd: 'bypass', detail: 'upgrade' });
    if (steering?.bypass === true) return this.#pass(asked, { fwd: 'bypass', detail: 'hook' });
    if (!asked.mayBeStored) return this.#pass(asked, { fwd: 'method' });
    if (isForOrigin(request)) return this.#pass(asked, { fwd: 'request' });
    return this.#lookUp(asked);
  }

  // ---- what is stored ----

  #selected(held: HeldObject<VariantPlans>, request: RequestMessage): readonly HeldVariant<VariantPlans>[] {
    const { variants } = held;
    if (variants.length === 1) return matches(variants[0]!.variant, request) ? variants : NONE;
    const found = selectable(variants.map(({ variant }) => variant), request);
    return found.map((variant) => variants.find((one) => one.variant === variant)!);
  }

  #selectedFor(held: HeldObject<VariantPlans>, asked: Asked): readonly HeldVariant<VariantPlans>[] {
    return this.#selected(held, asked.sent).filter(({ variant }) => asked.suits(variant.fields));
  }

  #judge(request: RequestHead, { variant }: Pick<HeldVariant<VariantPlans>, 'variant'>, nowMs: number): Judgement {
    return judge(request, this.#parts.holdings.judged(variant, nowMs), nowMs, this.#parts.policy);
  }

  /** @param isLarge the origin has said that the whole is too large to be fetched for the part that is asked for. */
  async #lookUp(asked: Asked, isLarge = false): Promise<Plan> {
    const { request } = asked;
    const { holdings, store, bodies, limits } = this.#parts;
    let vary: readonly string[] = [];
    for (let round = 0; round < ROUNDS_MAX; ++round) {
      const key = asked.lookAnew();
      const held = holdings.current(key);
      const selected = held ? this.#selectedFor(held, asked) : NONE;
      const [chosen] = selected;
      const judgement = chosen && this.#judge(request, chosen, Date.now());
      const isMissing = chosen?.partial === true && !hasWanted(request, chosen.variant);
      if (chosen && judgement && !isMissing && judgement.use !== 'validate' && (await bodies.open(chosen, key))) {
        if (judgement.use === 'stale-while-revalidate') this.#revalidate(request, asked.peer, asked.steering);
        if (holdings.current(key) === held) return hitPlan(request, chosen, judgement, bodies.reader, this.#parts.name);
        continue; // something came meanwhile
      }
      const onlyIfCached = requestDirectives(request).onlyIfCached;
      vary = held?.variants[0]?.variant.varyNames ?? vary;
      // What is not known to be current is no version at all: it may be what it was, and is to be looked at before anybody is asked.
      const version = held?.version ?? -1;
      // A HEAD alone makes nothing that could be shared.
      const flies = !onlyIfCached && (!asked.isHead || selected.length > 0);
      const conditional = !chosen && hasConditions(request);
      if (conditional && isLarge) break; // they are the origin's to judge, and what it says of a part is for this client
      // The first time others are waited for, or wait: what comes may be for all.
      const own = (conditional && round > 0) || (chosen && judgement && needsItsOwn(chosen, judgement)) ? bodies.newId() : undefined;
      const question = partQuestion(request, chosen?.variant, isLarge, limits);
      const answer = await store.ask(key, version, flies ? flightOf(asked, vary, own, question?.name) : undefined);
      if (answer.type === 'object') {
        holdings.take(key, answer.object, answer.version, answer.generation);
        if (answer.version !== version) continue;
        if (onlyIfCached) return failurePlan(request, { status: 504, text: 'Nothing is stored for this request.' }, forwardedStatus(this.#parts.name, { fwd: fwdOf(held, judgement, isMissing), detail: 'only-if-cached' }));
        if (asked.isHead) return this.#pass(asked, { fwd: fwdOf(held, judgement, isMissing) });
        continue;
      }
      const fwd = fwdOf(held, judgement, isMissing);
      if (answer.type === 'fill') {
        if (asked.isHead) return this.#freshenByHead(asked, answer.flight, selected, judgement);
        return this.#fill({ asked, flight: answer.flight, selected, judgement, conditional, question, fwd });
      }
      if (answer.type === 'alone' && answer.failed) {
        return this.#filler.withoutAnswer({ asked, selected, judgement }, FAILED, { fwd, collapsed: true });
      }
      if (answer.type === 'alone') return this.#pass(asked, { fwd, collapsed: false }, selected, judgement);
      if (!matches(answer.arriving.variant, asked.sent)) {
        vary = answer.arriving.variant.varyNames;
        continue;
      }
      // RFC 9111 §4: answers are shared with those only for whom they could be used again.
      if (this.#judge(request, answer.arriving, Date.now()).use === 'validate') return this.#pass(asked, { fwd, collapsed: false }, selected, judgement);
      const plan = await this.#follow(asked, answer.arriving, fwd);
      if (plan) return plan;
    }
    return this.#pass(asked, { fwd: 'miss', ...(isLarge && { detail: 'too-large' }) });
  }

  /** Whatever happens, whoever waits is told. */
  async #fill(filling: Filling): Promise<Plan> {
    try {
      return await this.#filler.fill(filling);
    } catch (error) {
      this.#parts.store.tell({ type: 'released', flight: filling.flight, aloneForMs: 0, failed: true });
      throw error;
    }
  }

  /** Undefined: it is over by now. */
  async #follow(asked: Asked, { variant, record }: Arriving, fwd: ForwardReason): Promise<Plan | undefined> {
    if (variant.bytes < 0 && asked.request.conditional) return this.#pass(asked, { fwd, collapsed: false });
    const file = await this.#parts.bodies.follow(record);
    if (file === undefined) return undefined;
    // It is used without validation, and has an Age for that (§5.1).
    return arrivingPlan(asked.request, variant, file, this.#judge(asked.request, { variant }, Date.now()).ageS, forwardedStatus(this.#parts.name, { fwd, collapsed: true }), this.#arriving);
  }

  /** RFC 5861 §3: the client has its answer. */
  #revalidate(request: RequestHead, peer: Peer, steering: Steering | undefined): void {
    const asked = new Asked(request.detach(), peer, undefined, this.#parts, steering);
    const { key } = asked;
    if (asked.isHead || this.#revalidating.has(key)) return;
    this.#revalidating.add(key);
    void this.#revalidateNow(asked).catch((error: unknown) => {
      this.#parts.report('revalidationFailed', 'a stored response could not be validated', { key, error: String(error) });
    }).finally(() => this.#revalidating.delete(key));
  }

  async #revalidateNow(asked: Asked): Promise<void> {
    const { holdings, store } = this.#parts;
    const held = holdings.current(asked.key);
    const selected = held ? this.#selectedFor(held, asked) : NONE;
    if (!held || selected.length === 0) return;
    const question = partQuestion(asked.request, selected[0]!.variant, false, this.#parts.limits);
    const answer = await store.ask(asked.key, held.version, flightOf(asked, held.variants[0]!.variant.varyNames, undefined, question?.name));
    if (answer.type === 'object') holdings.take(asked.key, answer.object, answer.version, answer.generation);
    if (answer.type !== 'fill') return;
    const plan = await this.#fill({ asked, flight: answer.flight, selected, judgement: undefined, question, fwd: 'stale' });
    plan.source?.cancel('nobody waits for it');
  }

  // ---- the origin ----

  #upgradeOf(request: RequestHead): string | undefined {
    return askedProtocols(request, this.#parts.upgrades);
  }

  #ask(asked: Asked, conditions: Conditions | undefined): OriginAnswer {
    const { request, peer, conversation } = asked;
    const fields = forwardedFields(request, peer, conditions !== undefined, this.#parts.forward);
    const method = conditions === undefined ? request.methodText : 'GET';
    const upgrade = this.#upgradeOf(request);
    const trace = asked.trace?.toOrigin(request, method);
    return new OriginAnswer(this.#parts.origins, {
      method, path: originTarget(request), fields: [...(trace ? [...withoutTraceContext(fields), ...trace.fields] : fields), ...(conditions?.fields ?? [])], idempotent: IDEMPOTENT.has(method), origin: asked.steering?.origin, ...(upgrade !== undefined && { upgrade }),
    }, conversation?.body, (status, interim) => conversation?.interim(status, interim), trace?.span);
  }

  /** The origin's answer to this very request, for this client alone. `selected` may do where there is none. */
  async #pass(asked: Asked, why: Forwarded, selected: readonly HeldVariant<VariantPlans>[] = NONE, judgement?: Judgement): Promise<Plan> {
    const answer = this.#ask(asked, undefined);
    asked.conversation?.whenGone(() => answer.cancel('the client is gone'));
    const head = await answer.response;
    if (isFailure(head)) return this.#filler.withoutAnswer({ asked, selected, judgement }, head, why);
    if (head.tunnel) return tunnelPlan(head, head.tunnel);
    await this.#invalidate(asked, head);
    return this.#passed(asked, head, answer, why);
  }

  /** RFC 9111 §4.4. Awaited, so that who was answered never finds what was there before. */
  async #invalidate({ request, key }: Asked, head: OriginHead): Promise<void> {
    const uris = invalidated(request.methodText, head.status, key, responseFields(head));
    if (uris.length === 0) return;
    const { store, keys } = this.#parts;
    await store.invalidate(uris.map((uri) => (uri === key ? key : keys.ofUri(uri))));
  }

  #passed(asked: Asked, received: OriginHead, answer: OriginAnswer, why: Forwarded): Plan | Promise<Plan> {
    const { sendfile } = this.#parts;
    if (sendfile?.names(received)) return sendfile.plan(asked, received, answer, forwardedStatus(this.#parts.name, { ...why, detail: 'sendfile' }));
    const head = this.#parts.answers.passed(asked, received);
    if (head) return passingPlan(asked.request, head, answer, forwardedStatus(this.#parts.name, why));
    answer.cancel('a hook failed');
    return hookFailedPlan(asked.request);
  }

  /** RFC 9111 §4.3.5: a HEAD says whether what is stored is still what is there. */
  async #freshenByHead(asked: Asked, flight: number, selected: readonly HeldVariant<VariantPlans>[], judgement: Judgement | undefined): Promise<Plan> {
    const { store, policy } = this.#parts;
    const fwd = fwdOf(undefined, judgement);
    const answer = this.#ask(asked, undefined);
    const head = await answer.response;
    if (isFailure(head)) {
      store.tell({ type: 'released', flight, aloneForMs: 0, failed: true });
      return this.#filler.withoutAnswer({ asked, selected, judgement }, head, { fwd });
    }
    if (this.#parts.sendfile?.names(head)) {
      store.tell({ type: 'released', flight, aloneForMs: 0, failed: false });
      return this.#passed(asked, head, answer, { fwd });
    }
    const variants = selected.map(({ variant }) => variant);
    const result = freshenedByHead(asked.sent, variants, { status: head.status, fields: head.fields }, head, policy);
    // With another rule for queries it is no answer for all that it was one for.
    const all = result.freshened.map((one) => (asked.suits(one.variant.fields) && this.#parts.answers.renewed(asked, one)) || { ...one, keep: 'drop' as const });
    const renewed = all.filter(({ keep }) => keep === 'replace').map(({ variant }) => ({ ...variant, tags: withSearchTag(variant.tags, asked.key, variant.fields) }));
    const dropped = all.filter(({ keep }) => keep === 'drop').map(({ variant }) => variant.id);
    store.tell({ type: 'refreshed', flight, key: asked.key, variants: [...renewed, ...result.invalidated.map((variant) => ({ ...variant, invalid: true }))], dropped });
    return this.#passed(asked, head, answer, { fwd });
  }
}

/** What a client is told whose question another one has put to the origin. */
const FAILED = { kind: 'closed', status: 502, text: 'The origin gave no answer.' } as const;
const NONE: readonly HeldVariant<VariantPlans>[] = [];
