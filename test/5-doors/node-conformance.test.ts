// The door for node:http, node:https and node:http2 answers what the burst engine answers.
import { createServer } from 'node:http';
import { connect, createServer as createHttp2, type IncomingHttpHeaders } from 'node:http2';
import { buffer } from 'node:stream/consumers';
import { once } from 'node:events';
import t from 'tap';
import { pagecast } from '../../server/doors/node.ts';
import { burst, conforms, overHttp1, seen, siteOptions, type Door } from './conformance.ts';
import { conformanceCases } from './conformance-cases.ts';
import { listening } from './listening.ts';

const options = siteOptions(t);

t.test('node:http', async (t) => {
  const port = await listening(t, createServer(pagecast(options)));
  t.equal(await conforms(t, overHttp1({ host: '127.0.0.1', port }), await burst(t, options)), conformanceCases.length);
});

t.test('node:http2', async (t) => {
  const server = createHttp2(pagecast(options));
  const session = connect(`http://127.0.0.1:${await listening(t, server)}`);
  t.teardown(() => session.destroy());
  const door: Door = {
    // A head of HTTP/2 has no line for each byte: names are lower case, and values UTF-8 to Node.
    leavesOut: ({ fields }) => fields?.some((line) => /[\x80-\xff]/.test(line)) === true,
    ask: async ({ ask, content }, lines) => {
      const [method, target] = ask.split(' ') as [string, string];
      const fields: Record<string, string> = {};
      for (const line of lines) {
        const [name, value] = [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()];
        fields[name] = fields[name] === undefined ? value : `${fields[name]}, ${value}`;
      }
      const stream = session.request({ ':method': method, ':path': target, ':authority': 'localhost', ...fields }, { endStream: content === undefined });
      if (content !== undefined) stream.end(content);
      const [headers] = (await once(stream, 'response')) as [IncomingHttpHeaders & { ':status': number }];
      const { ':status': status, ...others } = headers;
      return seen(status, Object.entries(others).flatMap(([name, value]) => (value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value] as const])), await buffer(stream));
    },
  };
  t.ok(await conforms(t, door, await burst(t, options)) > 300);
});
