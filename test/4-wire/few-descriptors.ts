// Run as a process of its own, under a low `ulimit -n`: a server that believes in a thousand connections. Says where it
// listens; each line of input is answered with the counters.
import { createInterface } from 'node:readline';
import { createServer } from '../../server/index.ts';

const server = createServer({ root: process.argv[2]!, workers: 1, limits: { connectionsMax: 1000 }, files: { openMax: 200 } });
const tell = (value: unknown): boolean => process.stdout.write(`${JSON.stringify(value)}\n`);
tell((await server.listen('127.0.0.1:0'))[0]);
const lines = createInterface(process.stdin)[Symbol.asyncIterator]();
while (!(await lines.next()).done) tell(await server.counts());
await server.close({ force: true });
