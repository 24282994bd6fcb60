// When a worker counts as hung: by looks of main, not by the clock alone.
import t from 'tap';
import { Watchdog } from '../../server/watchdog.ts';
import { watchdogCases } from './watchdog-cases.ts';

t.ok(watchdogCases.length > 8, `${watchdogCases.length} cases`);

for (const { what, hungMs, looks, hung } of watchdogCases) {
  t.test(what, (t) => {
    let nowMs = 1000;
    let beats = 0;
    const told: number[] = [];
    const watchdog = new Watchdog(1, { beatsOf: () => beats, onHung: (_, silentMs) => told.push(silentMs), nowMs: () => nowMs });
    watchdog.bound(hungMs);
    t.teardown(() => watchdog.end());
    for (const [passedMs, hasBeaten] of looks) {
      nowMs += passedMs;
      if (hasBeaten) beats += 1;
      watchdog.look();
    }
    t.equal(told.length, hung);
    t.same(told.filter((silentMs) => silentMs < hungMs), [], 'never earlier than its bound');
    t.end();
  });
}

t.test('places are looked at apart, and a worker that takes one begins anew', (t) => {
  let nowMs = 0;
  const beats: (number | undefined)[] = [7, 7, undefined];
  const told: number[] = [];
  const watchdog = new Watchdog(3, { beatsOf: (place) => beats[place], onHung: (place) => told.push(place), nowMs: () => nowMs });
  watchdog.bound(1000);
  t.teardown(() => watchdog.end());
  const look = (times: number): void => {
    for (let at = 0; at < times; ++at) {
      nowMs += 500;
      beats[0]! += 1;
      watchdog.look();
    }
  };
  look(4);
  t.same(told, [1]);
  beats[1] = undefined;
  look(1);
  beats[1] = 1;
  look(3);
  t.same(told, [1], 'its silence is its own');
  look(1);
  t.same(told, [1, 1]);
  t.end();
});
