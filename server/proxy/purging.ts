// PURGE, the method that caches have for what RFC 9111 leaves to them: of one URL, of all that begin like it, of tags.
//
//   PURGE /a.html                      what is stored under this URL
//   PURGE /blog/*                      under all URLs that begin so
//   PURGE /   Surrogate-Key: a b       (or Cache-Tag: a, b) all that have one of these tags
//   Soft-Purge: 1                      it is stale from now on, and may still do where the origin allows that
import { tagsOf } from '../../cache/tags.ts';
import type { Purge } from '../../cache/store/messages.ts';
import type { StoreUser } from '../../cache/store/user.ts';
import type { RequestHead } from '../../http/head.ts';
import type { FieldList } from '../../http/response.ts';
import type { AddressRules } from '../access/addresses.ts';
import { unpublishedText } from '../cluster/purge-error.ts';
import { bytesPlan, textPlan, type Plan } from '../plan.ts';

export const PURGE = 'PURGE';

export class Purging {
  readonly #store: StoreUser;
  readonly #allowed: AddressRules;

  /** @param allowed who may purge. */
  constructor(store: StoreUser, allowed: AddressRules) {
    this.#store = store;
    this.#allowed = allowed;
  }

  /** @param key of the request's target. */
  async plan(request: RequestHead, key: string, address: string): Promise<Plan> {
    if (!this.#allowed.permits(address)) return textPlan(403, [NO_STORE], 'This address may not purge.\n');
    const soft = isOn(request.fieldNamed('soft-purge')) || isOn(request.fieldNamed('fastly-soft-purge'));
    const counts = await Promise.all(purges(request, key).map((purge) => this.#store.purge(purge, soft)));
    const purged = counts.reduce((sum, { objects }) => sum + objects, 0);
    const [unpublished] = counts.flatMap((one) => one.unpublished ?? []).sort(); // dropped, if one was
    const body = `${JSON.stringify({ purged, ...(unpublished && { unpublished, error: unpublishedText(unpublished) }) })}\n`;
    return bytesPlan(unpublished ? 503 : 200, [['Content-Type', 'application/json'], NO_STORE], Buffer.from(body, 'latin1'));
  }
}

const NO_STORE: FieldList[number] = ['Cache-Control', 'no-store'];

function purges(request: RequestHead, key: string): readonly Purge[] {
  const named: FieldList = ['Cache-Tag', 'Surrogate-Key'].map((name) => [name, request.fieldNamed(name) ?? '']);
  const tags = tagsOf(named);
  if (tags.length > 0) return tags.map((tag) => ({ by: 'tag', tag }));
  return [key.endsWith('*') ? { by: 'prefix', prefix: key.slice(0, -1) } : { by: 'key', key }];
}

function isOn(value: string | undefined): boolean {
  return value !== undefined && /^(?:1|true|yes|on)$/i.test(value.trim());
}
