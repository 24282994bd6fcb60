// Rules of caching that a config has for a site or a route, as hooks: they come before those of the operator, which may say otherwise.
import type { HookDecision, HookResponse, ProxyHooks } from './hook-api.ts';

export interface ResolvedCacheRules {
  readonly ttlS: number | undefined;
  readonly staleWhileRevalidateS: number | undefined;
  readonly staleIfErrorS: number | undefined;
  readonly tags: readonly string[];
  readonly bypass: boolean;
}

const ERRORS_FROM = 400;

/** The same hooks where there are no rules: a hook, even one that does nothing, is asked for each answer. */
export function ruledHooks(rules: ResolvedCacheRules, hooks: ProxyHooks | undefined): ProxyHooks | undefined {
  const { ttlS, staleWhileRevalidateS, staleIfErrorS, tags, bypass } = rules;
  const isLasting = ttlS !== undefined || staleWhileRevalidateS !== undefined || staleIfErrorS !== undefined;
  if (!isLasting && tags.length === 0 && !bypass) return hooks;
  return {
    ...hooks,
    ...(bypass && { request: (request) => bypassed(hooks?.request?.(request)) }),
    ...((isLasting || tags.length > 0) && {
      response(response: HookResponse): void {
        apply(rules, response);
        // Whatever it gives, the caller looks at.
        return hooks?.response?.(response);
      },
    }),
  };
}

function apply({ ttlS, staleWhileRevalidateS, staleIfErrorS, tags }: ResolvedCacheRules, response: HookResponse): void {
  if (tags.length > 0) response.tags = [...new Set([...response.tags, ...tags])];
  if (response.status >= ERRORS_FROM) return;
  response.ttlS = ttlS;
  response.staleWhileRevalidateS = staleWhileRevalidateS;
  response.staleIfErrorS = staleIfErrorS;
}

type Decided = ReturnType<NonNullable<ProxyHooks['request']>>;

function bypassed(decision: Decided): Decided {
  const besides = (given: HookDecision | undefined): HookDecision => (given?.respond === undefined ? { bypass: true, ...given } : given);
  return decision instanceof Promise ? decision.then(besides) : besides(decision);
}

