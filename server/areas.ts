// Memory that an engine shares with TypeScript, in the sizes that native/layout.h knows.
import { layout, type Areas } from '../native/index.ts';

const RX_BYTES = 512 << 10;
const TX_BYTES = 512 << 10;
const COMMAND_WORDS = 16 << 10;

export function makeAreas(connectionsMax: number): Areas {
  return {
    events: new Int32Array(layout.sizes.eventWords * layout.sizes.eventsMax),
    rx: new Uint8Array(RX_BYTES),
    commands: new Float64Array(COMMAND_WORDS),
    tx: new Uint8Array(TX_BYTES),
    status: new Int32Array(Object.keys(layout.status).length),
    counters: new Float64Array(Object.keys(layout.counters).length),
    progress: new Float64Array(connectionsMax),
    paused: new Uint8Array(connectionsMax),
    starving: new Uint8Array(connectionsMax),
    broken: new Uint8Array(layout.sizes.recordsMax),
  };
}
