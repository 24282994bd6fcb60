// What was just stored is made this worker's, so that its next request finds it without asking.
import type { ProxyParts } from './parts.ts';

/** Once the coordinator has answered, it holds the bodies, too. */
export async function prime({ store, holdings, bodies }: Pick<ProxyParts, 'store' | 'holdings' | 'bodies'>, key: string): Promise<void> {
  const answer = await store.ask(key, -1, undefined);
  if (answer.type !== 'object') return;
  const held = holdings.take(key, answer.object, answer.version, answer.generation);
  await Promise.all(held?.variants.slice(0, 1).map((variant) => bodies.open(variant, key)) ?? []);
}
