// What the tests of one coordinator with a disk ask it.
import type { Test } from 'tap';
import type { Variant } from '../../cache/store/object.ts';
import type { TierDesk, TierDeskOptions } from './tier-desk.ts';

export const KEY = 'http://h/a';
export const SMALL: TierDeskOptions = { coordinator: { bytesMax: 200_000 } };

export async function variants(desk: TierDesk, key = KEY): Promise<readonly Variant[]> {
  return (await desk.peek(key))?.variants ?? [];
}

export async function filesOf(desk: TierDesk, key = KEY): Promise<readonly string[]> {
  return ((await desk.onDisk(key))?.variants ?? []).flatMap(({ bodies }) => bodies.map(({ record }) => record));
}

export async function rested(t: Test, desk: TierDesk): Promise<void> {
  t.strictSame(await desk.litter(), [], 'no litter');
  t.strictSame(desk.faults, [], 'no record is let go that is not held');
  t.strictSame(desk.reports, [], 'nothing to tell of');
}
