// A purge that is in force here, and not everywhere.
import type { Unpublished } from '../../cache/store/messages.ts';

const texts: Readonly<Record<Unpublished, string>> = {
  queued: 'it is purged here, and waits for Redis to reach the other machines',
  dropped: 'it is purged here, and will not reach the other machines: too many purges wait for Redis already',
  unconfirmed: 'it is purged here, and another process of this server, which an upgrade has replaced or started, has not confirmed it: purge it again',
};

export function unpublishedText(unpublished: Unpublished): string {
  return texts[unpublished];
}

/** What was purged is purged on this machine; whether on others, `unpublished` tells. Purging it again does no harm. */
export class PurgeError extends Error {
  override readonly name = 'PurgeError';
  /** How many objects there were here. */
  readonly objects: number;
  readonly unpublished: Unpublished;

  constructor(objects: number, unpublished: Unpublished) {
    super(unpublishedText(unpublished));
    this.objects = objects;
    this.unpublished = unpublished;
  }
}
