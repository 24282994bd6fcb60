/** The table of doors: pagecast in somebody else's server, and what is otherwise used there. */
import { DOORS_ROWS } from './doors-rows.ts';
import { loadNamed, type LoadName } from './fixtures.ts';
import type { Options } from './options.ts';
import type { Ground, PairTable } from './pairs.ts';
import { helper } from './paths.ts';
import type { Cell } from './rounds.ts';
import { freePort, launched, type Server, type Site } from './servers.ts';
import { verify } from './verify.ts';
import { Wrk } from './wrk.ts';

const PROGRAMS: Readonly<Record<string, string>> = {
  'pagecast/fastify': 'contenders/fastify-pagecast.js',
  '@fastify/static': 'contenders/fastify-static.js',
  'sendFile()': 'contenders/node-sendfile.js',
  'createReadStream().pipe()': 'contenders/node-pipe.js',
};

export class DoorsTable implements PairTable {
  readonly id = 'doors';
  readonly title = "In somebody else's server (--doors)";
  readonly rows = DOORS_ROWS;
  readonly tools = ['wrk'] as const;
  readonly beside = {};

  missingTool(): null {
    return null;
  }

  async start(contender: string, site: Site): Promise<Server> {
    const port = await freePort();
    return launched(site, contender, port, [process.execPath, helper(PROGRAMS[contender]!), site.host, String(port), site.root]);
  }

  async load({ name: contender, address }: Server, name: string, { site, load: placement }: Ground): Promise<Cell['load']> {
    const load = loadNamed(name.split('-')[1] as LoadName);
    const target = { name: contender, address, load, verified: await verify(address, load) };
    const wrk = new Wrk(site.scope, site.workDirectory, placement, target);
    return (seconds) => wrk.run(seconds);
  }

  method({ seconds, rounds }: Options): string {
    return `As in the full table: one process pinned to one core, \`wrk -t1 -c64\` to the other, runs of ${seconds} s that alternate, ${rounds} rounds after a
warm-up, answers compared with the files first. Fastify is the same for both plugins, which are as they come, without a logger. sendFile() of
pagecast/sendfile and createReadStream() are each given the path of the file, in a node:http server that has set the same head.
Congestion control is the system's for all of them.`;
  }
}
