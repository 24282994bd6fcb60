// Purges, and where what they name may be when they come.
import type { Purge } from '../../cache/store/messages.ts';
import type { TierDesk } from './tier-desk.ts';

export const KEY = 'http://h/a/1';
export const TAG = 'news';

export interface PurgeCase {
  readonly what: string;
  /** Undefined: an unsafe request came. */
  readonly purge: Purge | undefined;
}

export const purgeCases: readonly PurgeCase[] = [
  { what: 'key', purge: { by: 'key', key: KEY } },
  { what: 'tag', purge: { by: 'tag', tag: TAG } },
  { what: 'prefix', purge: { by: 'prefix', prefix: 'http://h/a/' } },
  { what: 'a part of a name', purge: { by: 'prefix', prefix: 'http://h/a' } },
  { what: 'everything', purge: { by: 'everything' } },
  { what: 'an unsafe request', purge: undefined },
];

export interface StateCase {
  readonly what: string;
  /** Stores KEY with TAG, and brings it there. What is returned goes on with what was held back. */
  readonly reach: (desk: TierDesk) => Promise<() => void>;
  /** Only by its key is it known of, and counted: it is in no list. */
  readonly unknown?: true;
}

const NOTHING = (): void => undefined;

export const stateCases: readonly StateCase[] = [
  { what: 'in memory and on disk', reach: async (desk) => {
    await desk.keep(KEY, { tags: [TAG] });
    await desk.settled();
    return NOTHING;
  } },
  { what: 'in a file from the start', reach: async (desk) => {
    await desk.keepFile(KEY, { tags: [TAG] });
    await desk.settled();
    return NOTHING;
  } },
  { what: 'waiting behind others', reach: async (desk) => {
    const lift = desk.hold('begin');
    for (let i = 0; i < 10; ++i) await desk.keep(`http://other/${i}`);
    await desk.keep(KEY, { tags: [TAG] });
    return lift;
  } },
  { what: 'waiting, and in memory no more', unknown: true, reach: async (desk) => {
    const lift = desk.hold('begin');
    for (let i = 0; i < 10; ++i) await desk.keep(`http://other/${i}`);
    await desk.keep(KEY, { tags: [TAG] });
    await desk.crowd();
    return lift;
  } },
  { what: 'while its body is written', reach: async (desk) => {
    const lift = desk.hold('begin');
    await desk.keep(KEY, { tags: [TAG] });
    await desk.held('begin');
    return lift;
  } },
  { what: 'while its body is written, and in memory no more', unknown: true, reach: async (desk) => {
    const lift = desk.hold('begin');
    await desk.keep(KEY, { tags: [TAG] });
    await desk.held('begin');
    await desk.crowd();
    return lift;
  } },
  { what: 'while its head is written', reach: async (desk) => {
    const lift = desk.hold('put');
    await desk.keep(KEY, { tags: [TAG] });
    await desk.held('put');
    return lift;
  } },
  { what: 'on disk', reach: async (desk) => {
    await desk.keep(KEY, { tags: [TAG] });
    await desk.settled();
    await desk.crowd();
    await desk.settled();
    return NOTHING;
  } },
  { what: 'on disk, while it is looked up', reach: async (desk) => {
    await desk.keep(KEY, { tags: [TAG] });
    await desk.settled();
    await desk.crowd();
    await desk.settled();
    const lift = desk.hold('lookup');
    void desk.peek(KEY);
    await desk.held('lookup');
    return lift;
  } },
  { what: 'on disk after a start', reach: async (desk) => {
    await desk.keep(KEY, { tags: [TAG] });
    await desk.restart();
    return NOTHING;
  } },
  { what: 'on disk, before the scan', unknown: true, reach: async (desk) => {
    await desk.keep(KEY, { tags: [TAG] });
    await desk.restart({ ...desk.options, unscanned: true });
    return NOTHING;
  } },
];
