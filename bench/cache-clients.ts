/**
 * A herd as a process of its own: `cache-clients.js HOST PORT TARGET COUNT BYTES`. Opens all connections and says `ready`;
 * on a line of stdin all of them ask at once. Every body is compared with what it has to be. Ends with a HerdReport as JSON.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { monotonicMs } from './cache-site.ts';
import { fixtureBytes } from './fixtures.ts';
import { requestHead, type Address } from './probe.ts';

export interface HerdReport {
  /** By `monotonicMs`. */
  readonly firstBodyByteMsMax: number;
  readonly endMsMin: number;
  readonly endMsMax: number;
  readonly complete: number;
  /** Of those that were not answered as they should, the first one's reason. */
  readonly failure: string | null;
}

/** Below every listen backlog in use. */
const OPENING_MAX = 100;
const READ_BYTES = 256 * 1024;
const HEAD_BYTES_MAX = 16 * 1024;
const HEAD_END = '\r\n\r\n';

const [host = '', port = '', target = '', count = '', size = ''] = process.argv.slice(2);
const address: Address = { host, port: Number(port) };
const expected = fixtureBytes({ target, bytes: Number(size) });
// One for all: what is read is looked at before the next socket is.
const readBuffer = Buffer.alloc(READ_BYTES);

class Client {
  firstBodyByteMs = 0;
  endMs = 0;
  readonly ended: Promise<string | null>;
  readonly #socket: Socket;
  #head = '';
  #inBody = false;
  #received = 0;
  #settle: (failure: string | null) => void = () => undefined;

  constructor() {
    this.ended = new Promise((resolve) => (this.#settle = resolve));
    this.#socket = connect({
      ...address,
      onread: {
        buffer: readBuffer,
        callback: (bytes) => {
          this.#read(readBuffer.subarray(0, bytes));
          return true;
        },
      },
    });
    this.#socket.on('error', (error) => this.#settle(error.message));
    this.#socket.on('close', () => this.#settle(`closed after ${this.#received} bytes of the body`));
  }

  async open(): Promise<void> {
    await once(this.#socket, 'connect');
  }

  ask(): void {
    this.#socket.write(requestHead(address, target));
  }

  #read(bytes: Buffer): void {
    let body = bytes;
    if (!this.#inBody) {
      const before = this.#head.length;
      this.#head += bytes.toString('latin1');
      const end = this.#head.indexOf(HEAD_END);
      if (end < 0 && this.#head.length < HEAD_BYTES_MAX) return;
      if (end < 0 || !this.#head.startsWith('HTTP/1.1 200 ')) return this.#end(`not a 200: ${this.#head.slice(0, 40)}`);
      this.#inBody = true;
      body = bytes.subarray(end + HEAD_END.length - before);
    }
    if (body.length === 0) return;
    const now = monotonicMs();
    if (this.#received === 0) this.firstBodyByteMs = now;
    const due = expected.subarray(this.#received, this.#received + body.length);
    this.#received += body.length;
    if (!body.equals(due)) return this.#end(`the body differs before byte ${this.#received}`);
    if (this.#received < expected.length) return;
    this.endMs = now;
    this.#end(null);
  }

  #end(failure: string | null): void {
    this.#settle(failure);
    this.#socket.destroy();
  }
}

async function openAll(): Promise<Client[]> {
  const clients: Client[] = [];
  while (clients.length < Number(count)) {
    const batch = Array.from({ length: Math.min(OPENING_MAX, Number(count) - clients.length) }, () => new Client());
    await Promise.all(batch.map((client) => client.open()));
    clients.push(...batch);
  }
  return clients;
}

const clients = await openAll();
process.stdout.write('ready\n');
const input = createInterface({ input: process.stdin });
await once(input, 'line');
input.on('close', () => process.exit(0));
for (const client of clients) client.ask();
const failures = await Promise.all(clients.map(({ ended }) => ended));
const whole = clients.filter((_, index) => failures[index] === null);
const report: HerdReport = {
  firstBodyByteMsMax: Math.max(...whole.map(({ firstBodyByteMs }) => firstBodyByteMs)),
  endMsMin: Math.min(...whole.map(({ endMs }) => endMs)),
  endMsMax: Math.max(...whole.map(({ endMs }) => endMs)),
  complete: whole.length,
  failure: failures.find((failure) => failure !== null) ?? null,
};
process.stdout.write(`${JSON.stringify(report)}\n`);
