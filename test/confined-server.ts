// Run as a process of its own, by confined.ts: a server of the library. Says where it listens; each line of input is
// answered with what it counted and reported.
import { createInterface } from 'node:readline';
import { createServer, type ServerOptions, type ServerReport } from '../server/index.ts';

const reports: ServerReport[] = [];
const server = createServer(JSON.parse(process.argv[2]!) as ServerOptions, { onReport: (report) => reports.push(report) });
const tell = (value: unknown): boolean => process.stdout.write(`${JSON.stringify(value)}\n`);
tell((await server.listen('127.0.0.1:0'))[0]);
const lines = createInterface(process.stdin)[Symbol.asyncIterator]();
while (!(await lines.next()).done) tell({ counts: await server.counts(), reports });
await server.close({ force: true });
