/**
 * Finds the patterns that may match a path without looking at the others: a tree of segments for each host.
 *
 *   /docs/v1/*, /docs/:version/intro     ''  ── docs ─┬─ v1   splats: [0]
 *                                                     └─ :    ── intro   ends: [1]
 *
 * Patterns are known by a number, given in the order of the file, so that the first that matches is the smallest.
 */
import type { Pattern } from './pattern.ts';
import type { Placeholders } from './placeholders.ts';
import type { RequestPath } from './request-path.ts';

/** Ascending numbers of patterns. */
export type Numbers = readonly number[];

class Node {
  readonly literals = new Map<string, Node>();
  /** Behind any segment with a placeholder. */
  dynamic: Node | undefined;
  readonly ends: number[] = [];
  /** Of patterns that end here and want certain parameters, by their signature (parameters.ts). */
  readonly bySignature = new Map<string, number[]>();
  /** Of patterns whose next segment has the '*'. */
  readonly splats: number[] = [];

  child(segment: Placeholders): Node {
    if (segment.names.length > 0) return (this.dynamic ??= new Node());
    const name = segment.literals[0]!;
    let child = this.literals.get(name);
    if (!child) this.literals.set(name, (child = new Node()));
    return child;
  }

  wanting(signature: string): number[] {
    let numbers = this.bySignature.get(signature);
    if (!numbers) this.bySignature.set(signature, (numbers = []));
    return numbers;
  }
}

export class PatternIndex {
  readonly #anyHost = new Node();
  readonly #byHost = new Map<string, Node>();
  /** Hosts with placeholders. */
  readonly #dynamicHost = new Node();

  /** Numbers ascend. `signature`: of the parameters, where all of them have fixed values. */
  add(pattern: Pattern, number: number, signature?: string): void {
    let node = this.#rootOf(pattern);
    for (const segment of pattern.segments) node = node.child(segment);
    if (pattern.splat) node.splats.push(number);
    else if (signature === undefined) node.ends.push(number);
    else node.wanting(signature).push(number);
  }

  /** Every pattern that matches is in one of the lists; not every one in the lists matches. `signature` is asked only if it matters. */
  candidates(path: RequestPath, host: string | undefined, signature: () => string): readonly Numbers[] {
    const found: Numbers[] = [];
    let nodes = [this.#anyHost, this.#dynamicHost];
    const own = host === undefined ? undefined : this.#byHost.get(host);
    if (own) nodes.push(own);
    for (const segment of path.segments) {
      const next: Node[] = [];
      for (const node of nodes) {
        if (node.splats.length > 0) found.push(node.splats);
        const literal = node.literals.get(segment);
        if (literal) next.push(literal);
        if (node.dynamic) next.push(node.dynamic);
      }
      nodes = next;
    }
    for (const node of nodes) {
      if (node.splats.length > 0) found.push(node.splats);
      if (node.ends.length > 0) found.push(node.ends);
      const wanted = node.bySignature.size > 0 ? node.bySignature.get(signature()) : undefined;
      if (wanted) found.push(wanted);
    }
    return found;
  }

  #rootOf({ host }: Pattern): Node {
    if (!host) return this.#anyHost;
    if (host.name === undefined) return this.#dynamicHost;
    let root = this.#byHost.get(host.name);
    if (!root) this.#byHost.set(host.name, (root = new Node()));
    return root;
  }
}
