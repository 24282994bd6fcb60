// A server to be killed: `storm-server.js FOLDER ORIGIN`. It says its port when it listens, and "whole" when the store has been
// looked through; it ends in good order when its input does.
import { writeSync } from 'node:fs';
import { createServer } from '../../server/index.ts';
import { until } from '../serving.ts';

const MIB = 1 << 20;

const [folder, origin] = process.argv.slice(2);
const server = createServer(
  // Memory and disk have room for a part of it, so that both evict.
  { workers: 2, proxy: { urls: [origin!], retriesMax: 0, health: { failuresMax: 1000 } }, cache: { bytesMax: 24 * MIB, objectBytesMax: 32 * MIB }, store: { dir: folder!, bytesMax: 96 * MIB }, graceMs: 1000 },
  { onReport: ({ name, message, facts }) => void writeSync(2, `${name}: ${message} ${JSON.stringify(facts)}\n`) },
);
const [{ port } = { port: 0 }] = await server.listen('127.0.0.1:0');
writeSync(1, `port ${port}\n`);
process.stdin.resume();
process.stdin.once('end', () => void server.close());
await until(async () => (await server.counts())['diskScanned'] === 1, 'the end of the scan', 60_000);
writeSync(1, 'whole\n');
