/**
 * Verification from inside a network namespace, where the bench itself is not: `check.js HOST PORT LOAD`. Waits for the
 * server, verifies, prints the verified facts as JSON; a wrong answer is its exit code 1 and one line on stderr.
 */
import { reasonOf } from './errors.ts';
import { LOADS } from './fixtures.ts';
import { Connection, type Address } from './probe.ts';
import { sleep } from './processes.ts';
import { verify } from './verify.ts';

const READY_WAIT_MS = 10_000;
const READY_POLL_MS = 20;

async function untilConnecting(address: Address): Promise<void> {
  const deadline = performance.now() + READY_WAIT_MS;
  for (;;) {
    try {
      (await Connection.open(address)).close();
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await sleep(READY_POLL_MS);
    }
  }
}

const [host = '', port = '', name = ''] = process.argv.slice(2);
const address: Address = { host, port: Number(port) };
try {
  await untilConnecting(address);
  const { bytesPerAnswer, etag } = await verify(address, LOADS.find((load) => load.name === name)!);
  process.stdout.write(`${JSON.stringify({ bytesPerAnswer, etag })}\n`);
} catch (error) {
  process.stderr.write(`${reasonOf(error)}\n`);
  process.exit(1);
}
