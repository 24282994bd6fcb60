// A client that does not read its events is dropped, and costs no more than a bound.
import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import t from 'tap';
import type { ControlBackend, ControlEvent, Snapshot } from '../../server/control/backend.ts';
import { EventStream } from '../../server/control/event-stream.ts';
import { until } from '../serving.ts';

class Unread extends EventEmitter {
  writableLength = 0;
  destroyed = false;

  write(text: string): boolean {
    if (!this.destroyed) this.writableLength += text.length;
    return false;
  }

  end(): void {
    this.destroy();
  }

  destroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.emit('close');
  }
}

t.test('dropped', async (t) => {
  let hear: ((event: ControlEvent) => void) | undefined;
  const snapshot = { time: '', phase: 'ready', workers: { configured: 1, ready: 1, replaced: 0, hung: 0 }, metrics: { atMs: 0, values: {}, histograms: {}, boundsS: {}, connections: [], hottest: [] } } satisfies Snapshot;
  const backend = {
    snapshot: () => Promise.resolve(snapshot),
    listen: (listener: (event: ControlEvent) => void) => {
      hear = listener;
      return () => (hear = undefined);
    },
  } as unknown as ControlBackend;
  const stream = new EventStream(backend);
  const unread = new Unread();
  const reading = new Unread();
  stream.add(unread as unknown as ServerResponse);
  stream.add(reading as unknown as ServerResponse);
  t.ok(hear, 'it listens');
  let told = 0;
  await until(() => {
    reading.writableLength = 0;
    for (let i = 0; i < 1000; ++i, ++told) hear!({ name: 'x', message: 'y'.repeat(1000), facts: {} });
    return unread.destroyed;
  }, 'it is dropped', 60_000);
  t.ok(unread.writableLength < 2 << 20, `${unread.writableLength} bytes were kept for it`);
  t.notOk(reading.destroyed, 'who reads stays');
  t.ok(told > 1000, 'a flood of reports is bounded by time, not by how many there are');
  reading.destroy();
  t.equal(hear, undefined, 'with the last one it stops listening');
  stream.close();
});
