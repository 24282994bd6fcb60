// A library user's process, in a network of its own whose name server hears and says nothing: it asks for a name, closes its server while
// nobody has answered, and has nothing else to do. Its argument says who asks.
import { once } from 'node:events';
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { createServer, type ServerOptions } from '../../server/index.ts';

const OPTIONS: Readonly<Record<string, ServerOptions>> = {
  tracing: { root: import.meta.dirname, tracing: { endpoint: 'http://collector.example:4318/v1/traces' } },
  proxy: { proxy: 'http://origin.example' },
  cluster: { proxy: 'http://127.0.0.1:9', cluster: { redis: 'redis://redis.example', timeoutMs: 100 } },
};

const names = createSocket('udp4');
names.bind(53, '127.0.0.1');
await once(names, 'listening');
names.unref();
const asked = once(names, 'message');

const server = createServer({ ...OPTIONS[process.argv[2]!], workers: 1 });
const [address] = await server.listen('127.0.0.1:0');
const client = connect(address!.port, address!.host);
client.on('error', () => undefined).end('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
await asked;
client.destroy();
await server.close({ force: true });
process.stdout.write('closed\n');
