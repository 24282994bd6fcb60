// The clock and the timers of a simulated world, in place of the global ones while it runs: they move when the driver
// moves them, so that a run depends on nothing but its seed.

interface Timer {
  readonly id: number;
  readonly act: () => void;
  readonly everyMs: number;
  dueMs: number;
}

const real = { setTimeout, clearTimeout, setInterval, clearInterval, now: Date.now };

export class SimulatedTime {
  #nowMs: number;
  /** How far the wall clock was set back; timers do not care. */
  #backMs = 0;
  #lastId = 0;
  #timers: Timer[] = [];

  constructor(nowMs: number) {
    this.#nowMs = nowMs;
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  install(): void {
    const clear = (id: unknown): void => {
      this.#timers = this.#timers.filter((timer) => timer.id !== id);
    };
    Object.assign(globalThis, {
      setTimeout: (act: () => void, ms = 0) => this.#add(act, ms, 0),
      setInterval: (act: () => void, ms = 0) => this.#add(act, ms, Math.max(1, ms)),
      clearTimeout: clear,
      clearInterval: clear,
    });
    Date.now = () => this.#nowMs - this.#backMs;
  }

  setBack(ms: number): void {
    this.#backMs += ms;
  }

  static uninstall(): void {
    const { now, ...timers } = real;
    Object.assign(globalThis, timers);
    Date.now = now;
  }

  /** What falls due on the way runs in order, each at its own time. `moved` hears of every step of the clock. */
  advance(ms: number, moved: (ms: number) => void): void {
    const untilMs = this.#nowMs + ms;
    const move = (toMs: number): void => {
      moved(toMs - this.#nowMs);
      this.#nowMs = toMs;
    };
    for (;;) {
      const next = this.#timers.filter(({ dueMs }) => dueMs <= untilMs).sort((a, b) => a.dueMs - b.dueMs || a.id - b.id)[0];
      if (!next) break;
      move(next.dueMs);
      if (next.everyMs > 0) next.dueMs += next.everyMs;
      else this.#timers = this.#timers.filter((timer) => timer !== next);
      next.act();
    }
    move(untilMs);
  }

  #add(act: () => void, ms: number, everyMs: number): number {
    const id = ++this.#lastId;
    this.#timers.push({ id, act, everyMs, dueMs: this.#nowMs + Math.max(1, ms) });
    return id;
  }
}
