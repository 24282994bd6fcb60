/**
 * A process that holds idle keep-alive connections: `idle.js HOST PORT TARGET COUNT`. Each connection has had one answer.
 * Says `ready` when all are open; answers each line on stdin with the count of those still open; ends with stdin.
 */
import { createInterface } from 'node:readline';
import { connect, type Socket } from 'node:net';
import { requestHead, type Address } from './probe.ts';

/** One source address has some 28,000 ports, less those in TIME_WAIT from the runs before: spread over ten. */
const SOURCE_ADDRESSES = 10;
/** Below every listen backlog in use: a full accept queue would cost a second per lost SYN. */
const OPENING_MAX = 100;

const open = new Set<Socket>();

function sourceAddress(index: number): string {
  return `127.0.0.${2 + (index % SOURCE_ADDRESSES)}`;
}

/** Settles when the first answer is complete; connections that end later just leave the set. */
function openOne(address: Address, target: string, index: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address.host, port: address.port, localAddress: sourceAddress(index) });
    let received = '';
    socket.once('connect', () => socket.write(requestHead(address, target)));
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString('latin1');
      const headEnd = received.indexOf('\r\n\r\n');
      const length = /^content-length: *(\d+)\r$/im.exec(received)?.[1];
      if (headEnd < 0 || length === undefined || received.length < headEnd + 4 + Number(length)) return;
      socket.removeAllListeners('data');
      socket.resume();
      open.add(socket);
      resolve();
    });
    socket.on('error', (error) => reject(error));
    socket.on('close', () => {
      open.delete(socket);
      reject(new Error('closed before its first answer'));
    });
  });
}

async function openAll(address: Address, target: string, count: number): Promise<void> {
  let next = 0;
  const opener = async (): Promise<void> => {
    while (next < count) {
      next += 1;
      await openOne(address, target, next);
    }
  };
  await Promise.all(Array.from({ length: OPENING_MAX }, opener));
}

const [host = '', port = '', target = '', count = ''] = process.argv.slice(2);
await openAll({ host, port: Number(port) }, target, Number(count));
process.stdout.write('ready\n');
createInterface({ input: process.stdin })
  .on('line', () => process.stdout.write(`${open.size}\n`))
  .on('close', () => process.exit(0));
