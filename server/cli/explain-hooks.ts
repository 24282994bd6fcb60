// What hooks have made of a request, and of an answer: which of them changed what. Values of fields that are secrets are told to nobody.
import type { RequestHead } from '../../http/head.ts';
import type { FieldList } from '../../http/response.ts';
import { isSecret } from '../control/masked.ts';
import { pathText } from '../config/faults.ts';
import type { Plan } from '../plan.ts';
import { HOOK_KINDS, type HookResponse, type ProxyHooks } from '../proxy/hook-api.ts';
import type { Steering } from '../proxy/steering.ts';
import type { ResolvedProxy } from '../proxy-options.ts';
import type { Facts } from './explained.ts';

/** Hooks, and what response() has done since. */
export interface WatchedHooks {
  readonly hooks: ProxyHooks;
  readonly byResponse: readonly string[];
}

/** As they are called, with a note of what response() changes. */
export function watched(hooks: ProxyHooks): WatchedHooks {
  const byResponse: string[] = [];
  return {
    byResponse,
    hooks: {
      ...(hooks.request && { request: (request) => hooks.request!(request) }),
      ...(hooks.key && { key: (request) => hooks.key!(request) }),
      ...(hooks.response && { response: (response) => {
        const before = seenIn(response);
        const given: unknown = hooks.response?.(response);
        byResponse.push(...changedIn(before, seenIn(response)));
        return given as undefined;
      } }),
    },
  };
}

/** Where hooks stand, and which there are. */
export function hooksFacts({ hooks: file, hooksAt }: ResolvedProxy, hooks: ProxyHooks): Facts {
  const has = HOOK_KINDS.filter((kind) => hooks[kind as keyof ProxyHooks] !== undefined);
  return { from: file ?? pathText(hooksAt ?? []), has: has.map((kind) => `${kind}()`) };
}

export function answeredByHook({ status, fields }: Plan, failures: readonly string[]): Facts {
  const what = failures.length > 0 ? { failed: [...failures] } : {};
  return { answer: `${status}, and no origin is asked`, ...what, fields: fields.map(([name, value]) => `${name}: ${value}`) };
}

/** @param request what request() has made of the one before. */
export function steeredByHook(before: RequestHead, { request, steering }: { readonly request: RequestHead; readonly steering: Steering }): Facts {
  const fields = request === before ? [] : changedFields(fieldsOf(before), fieldsOf(request));
  return {
    rewritten: request === before ? false : `${request.path}${request.query}`,
    ...(fields.length > 0 && { fields }),
    ...(steering.origin !== undefined && { origin: steering.origin }),
    ...(steering.bypass && { bypass: true }),
    ...(steering.key !== undefined && { key: steering.key }),
  };
}

type Seen = Pick<HookResponse, 'fields' | 'tags' | 'store' | (typeof LIFETIMES)[number]>;

const LIFETIMES = ['ttlS', 'staleWhileRevalidateS', 'staleIfErrorS'] as const;

function seenIn({ fields, tags, store, ttlS, staleWhileRevalidateS, staleIfErrorS }: HookResponse): Seen {
  return { fields, tags, store, ttlS, staleWhileRevalidateS, staleIfErrorS };
}

/** A module in JavaScript may have assigned anything: what is wrong is told where it is judged. */
function changedIn(before: Seen, now: Seen): string[] {
  const tags = JSON.stringify(now.tags) === JSON.stringify(before.tags) ? [] : [`tags: ${String(now.tags)}`];
  const lifetimes = LIFETIMES.flatMap((name) => (now[name] === before[name] ? [] : [`${name}: ${String(now[name])}`]));
  return [...lifetimes, ...tags, ...(now.store === before.store ? [] : [`store: ${String(now.store)}`]), ...changedFields(before.fields, now.fields)];
}

function changedFields(before: FieldList, now: FieldList): string[] {
  const [old, made] = [linesBy(before), linesBy(now)];
  const gone = [...old.keys()].filter((name) => !made.has(name)).map((name) => `${name}: taken away`);
  const set = [...made].filter(([name, lines]) => old.get(name) !== lines).map(([name, lines]) => `${name}: ${isSecret(name) ? '***' : lines}`);
  return [...gone, ...set];
}

function linesBy(fields: FieldList): Map<string, string> {
  const lines = new Map<string, string>();
  for (const [given, value] of fields) {
    const name = given.toLowerCase();
    // Written anew for the next hop, whatever a hook wants.
    if (name !== 'connection') lines.set(name, lines.has(name) ? `${lines.get(name)!}, ${value}` : value);
  }
  return lines;
}

function fieldsOf(head: RequestHead): FieldList {
  return Array.from({ length: head.fieldCount }, (_, index) => [head.fieldName(index), head.fieldValue(index)] as const);
}
