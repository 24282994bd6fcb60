// Answers that are errors: the site's own page where it has one (404.html, 4xx.html), else a line of text.
import type { Representation } from '../../cache/representation.ts';
import { METHOD_HEAD, type RequestHead } from '../../http/head.ts';
import { reasonPhrase } from '../../http/response.ts';
import { textPlan, type Plan } from '../plan.ts';
import { pagePlan } from '../answers.ts';
import { isSame, type EntryPlans } from './entry-plans.ts';
import { UNCHANGED, type FieldChanges, type SiteFields } from './fields.ts';
import type { Inquiry } from './inquiry.ts';
import { contentType } from './types.ts';

interface Both {
  readonly full: Plan;
  readonly head: Plan;
}

/** Of one version of a page, by what the rules change. */
interface Page extends Both {
  readonly of: Representation;
}

export class ErrorAnswers {
  readonly #prefix: string;
  readonly #fields: SiteFields;
  readonly #texts = new Map<number, Both>();
  readonly #pages = new Map<string, Page>();

  constructor(prefix: string, fields: SiteFields) {
    this.#prefix = prefix;
    this.#fields = fields;
  }

  plan(request: RequestHead, status: number, by: FieldChanges, inquiry: Inquiry<EntryPlans>): Plan | undefined {
    // What cannot be a path of ours is not worth a look; what is short of descriptors must not ask for more.
    if (status === 400 || status === 503) return this.#text(request, status, by);
    for (const name of [`${status}.html`, `${Math.floor(status / 100)}xx.html`]) {
      const page = inquiry.entry(`${this.#prefix}/${name}`);
      if (page === undefined) return undefined;
      if (page.kind !== 'file') continue;
      const representation = page.representation!;
      const key = `${status} ${name}`;
      let made = by === UNCHANGED ? this.#pages.get(key) : undefined;
      if (!made || !isSame(made.of, representation)) {
        const described = { representation, path: page.path, type: contentType(page.path), coding: 'identity', negotiated: false };
        const full = pagePlan(status, representation, this.#fields.of(described, by));
        made = { full, head: full.withoutBody(), of: representation };
        if (by === UNCHANGED) this.#pages.set(key, made);
      }
      return request.method === METHOD_HEAD ? made.head : made.full;
    }
    return this.#text(request, status, by);
  }

  #text(request: RequestHead, status: number, by: FieldChanges): Plan {
    let made = by === UNCHANGED ? this.#texts.get(status) : undefined;
    if (!made) {
      const retry = status === 503 ? [['Retry-After', '1'] as const] : [];
      const text = textPlan(status, [...retry, ...this.#fields.beside(by.changes)], `${reasonPhrase(status)}\n`);
      const full = status === 400 ? text.closing() : text; // as every malformed request
      made = { full, head: full.withoutBody() };
      if (by === UNCHANGED) this.#texts.set(status, made);
    }
    return request.method === METHOD_HEAD ? made.head : made.full;
  }
}
