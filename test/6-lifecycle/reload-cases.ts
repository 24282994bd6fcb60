// Configs that cannot be put into force in place of another: every fault is told.
import type { ServerOptions } from '../../server/index.ts';

export interface RefusedCase {
  readonly what: string;
  /** What the server has besides its root. */
  readonly first?: ServerOptions;
  /** @param root of the server. */
  readonly then: (root: string) => ServerOptions;
  readonly faults: readonly string[];
}

const FIRST = { workers: 2, arena: { bytesMax: 16 << 20 }, limits: { connectionsMax: 100 }, control: { listen: '127.0.0.1:0', token: 'a-secret-of-sixteen' } } as const satisfies ServerOptions;

export const refusedCases: readonly RefusedCase[] = [
  { what: 'workers', first: FIRST, then: (root) => ({ ...FIRST, root, workers: 4 }), faults: ['needs a restart: workers 2 -> 4'] },
  {
    what: 'several that cannot change', then: (root) => ({ ...FIRST, root, arena: { bytesMax: 32 << 20 }, limits: { connectionsMax: 77 }, socketMode: 0o600 }),
    faults: ['needs a restart: socketMode -1 -> 384', 'needs a restart: limits.connectionsMax 100 -> 77', 'needs a restart: arena.bytesMax 16777216 -> 33554432'],
  },
  { what: 'an access log where there is none', then: (root) => ({ ...FIRST, root, accessLog: 'json' }), faults: ['needs a restart: accessLog false -> on'] },
  {
    what: 'a store', then: (root) => ({ ...FIRST, proxy: 'http://127.0.0.1:1', store: `${root}/store` }),
    faults: [
      'needs a restart: store.dir nothing -> ROOT/store', 'needs a restart: store.bytesMax nothing -> 10737418240',
      'needs a restart: store.admit nothing -> always', 'needs a restart: store.durable nothing -> false',
    ],
  },
  { what: 'a token: it is not told', then: (root) => ({ ...FIRST, root, control: { listen: '127.0.0.1:0', token: 'another-secret-of-16' } }), faults: ['needs a restart: control'] },
  { what: 'what is not said any more', then: (root) => ({ ...FIRST, root, control: 'auto', arena: {} }), faults: ['needs a restart: arena.bytesMax 16777216 -> 67108864', 'needs a restart: control'] },
  { what: 'two wrong options', then: (root) => ({ ...FIRST, root, index: 'a/b', graceMs: -1 }), faults: ['graceMs must be a whole number from 0 to 3600000, not -1', 'index must be a file name, not "a/b"'] },
  { what: 'a folder that is not there', then: (root) => ({ ...FIRST, root: `${root}/gone` }), faults: ['root: the folder ROOT/gone does not exist'] },
  { what: 'hooks that are not there', then: (root) => ({ ...FIRST, proxy: { urls: ['http://127.0.0.1:1'], hooks: `${root}/gone.js` } }), faults: ['proxy.hooks: there is no file ROOT/gone.js'] },
  { what: 'a function without its module', then: () => ({ ...FIRST, routes: [{ handle: () => new Response() }] }), faults: ['routes[0].handle: a function cannot go to the workers: it stands in a config file, see loadConfig()'] },
];
