// Three nodes whose words get lost at random, over a stream that is trimmed, deleted, or of a replica that was behind: whatever was
// published, each of the others has purged it afterwards, or everything. Any seed replays.
import { setImmediate } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import t from 'tap';
import type { Purge } from '../../cache/store/messages.ts';
import { nameOf } from '../../server/cluster/entry.ts';
import { Outbox } from '../../server/cluster/outbox.ts';
import { Session, type Progress } from '../../server/cluster/session.ts';
import { MadeUpLink, MadeUpRedis, randomBy, type Random } from './made-up-stream.ts';

const SEEDS = Number(process.env['CLUSTER_SEEDS'] ?? 50);
const STEPS = 120;

t.setTimeout(300_000);

class Member {
  readonly name: string;
  readonly outbox = new Outbox({ queueMax: 10_000, timeoutMs: 60_000 });
  /** What was carried out, and when. */
  readonly applied: { readonly what: string; readonly at: number }[] = [];
  /** Caught up so often. */
  caughtUp = 0;
  readonly #progress: Progress;
  readonly #open: () => MadeUpLink;
  readonly #now: () => number;
  #link: MadeUpLink | undefined;
  #session: Session | undefined;
  #ending = false;
  #over: Promise<void>;

  constructor(name: string, open: () => MadeUpLink, now: () => number) {
    this.name = name;
    this.#progress = { node: name, at: undefined, seen: new LRUCache({ max: 10_000 }) };
    this.#open = open;
    this.#now = now;
    this.#over = this.#run();
  }

  publish(purge: Purge): Promise<unknown> {
    const published = this.outbox.publish(purge, false);
    this.#session?.write();
    return published;
  }

  cut(): void {
    this.#link?.end(new Error('it was cut'));
  }

  async end(): Promise<void> {
    this.#ending = true;
    this.cut();
    await this.#over;
    this.outbox.close();
  }

  async #run(): Promise<void> {
    while (!this.#ending) {
      this.#link = this.#open();
      this.#session = new Session(this.#link, this.#progress, this.outbox, 0, {
        apply: (purge) => this.applied.push({ what: purge.by === 'everything' ? purge.by : nameOf(purge), at: this.#now() }),
        current: () => (this.caughtUp += 1),
        reached: () => undefined, forgot: () => undefined, heard: () => undefined, written: () => undefined, heardConfig: () => undefined,
        config: () => ({ hash: '0'.repeat(16), generation: 1, isReload: false, host: 'h' }),
      });
      await this.#session.run().catch(setImmediate);
    }
  }
}

type World = 'calm' | 'trimmed' | 'failing';

async function faultsOf(seed: number, world: World): Promise<readonly string[]> {
  const random = randomBy(seed);
  const redis = new MadeUpRedis();
  let now = 0;
  const members = ['a', 'b', 'c'].map((name) => new Member(name, () => new MadeUpLink(redis, random), () => now));
  const published: { readonly what: string; readonly by: Member; readonly at: number }[] = [];
  const settle = async (): Promise<void> => {
    const before = members.map(({ caughtUp }) => caughtUp);
    while (members.some(({ caughtUp, outbox }, i) => caughtUp < before[i]! + 2 || outbox.queued > 0)) await setImmediate();
  };
  await settle();
  for (let step = 0; step < STEPS; step++) {
    now += 1;
    const by = members[random(members.length)]!;
    if (random(3) > 0) {
      published.push({ what: String(step), by, at: now });
      void by.publish({ by: 'key', key: String(step) });
    } else happen(world, random, redis, by);
    for (let turns = random(6); turns > 0; turns--) await setImmediate();
  }
  await settle();
  await settle(); // what was found to be lost when it was settled
  await Promise.all(members.map((member) => member.end()));
  return published.flatMap(({ what, by, at }) => members.filter((member) => member !== by && !member.applied.some((one) => one.at >= at && (one.what === what || one.what === 'everything')))
    .map(({ name }) => `${name} has not purged ${what}, which ${by.name} published`))
    .concat(world === 'calm' ? members.flatMap(excess) : []);
}

function happen(world: World, random: Random, redis: MadeUpRedis, member: Member): void {
  const event = random(8);
  if (event < 3) member.cut();
  else if (event === 3 && world === 'trimmed') redis.trim(random(30));
  else if (event === 3 && world === 'failing') redis.failOver(random(2) === 0);
  else if (event === 4 && world !== 'calm' && random(4) === 0) redis.delete();
  else if (world === 'failing') redis.replicate();
}

/** Where nothing is lost, each purge is carried out once, in order, and everything only at the start. */
function excess({ name, applied }: Member): readonly string[] {
  const [first, ...others] = applied.map(({ what }) => what);
  const seen = new Set(others);
  return [...(first === 'everything' ? [] : [`${name} began with ${String(first)}`]), ...(seen.size === others.length && !seen.has('everything') ? [] : [`${name} has purged something twice`])];
}

for (const world of ['calm', 'trimmed', 'failing'] as const) {
  t.test(world, { timeout: 300_000 }, async (t) => {
    let faulty = 0;
    for (let seed = 1; seed <= SEEDS && faulty < 3; seed++) {
      const faults = await faultsOf(seed, world);
      if (faults.length > 0) t.strictSame(faults, [], `${world}, seed ${seed} (${++faulty})`);
    }
    t.equal(faulty, 0, `${SEEDS} seeds`);
  });
}
