// The table that proves doors equal, asked over HTTP/2, and over HTTP/1.1 with TLS: what the burst engine answers in plain is answered there.
import { connect, type ClientHttp2Session } from 'node:http2';
import t from 'tap';
import { Client, type Place } from '../client.ts';
import { burst, conforms, seen, siteOptions, type Door } from '../5-doors/conformance.ts';
import { conformanceCases } from '../5-doors/conformance-cases.ts';
import { serveSecure, skip } from '../5-tls/serving.ts';
import { ask } from './serving.ts';

const options = siteOptions(t);

function overTls(place: Place): Door {
  return {
    ask: async ({ ask: asked, content, version = '1.1' }, fields) => {
      const [method, target] = asked.split(' ') as [string, string];
      const length = content === undefined ? [] : [`Content-Length: ${Buffer.byteLength(content)}`];
      const client = await Client.openSecure(place);
      await client.send([`${method} ${target} HTTP/${version}`, 'Host: localhost', 'Connection: close', ...fields, ...length, '', content ?? ''].join('\r\n'));
      const { status, fields: got, body } = await client.reply(method);
      client.destroy();
      return seen(status, got, body);
    },
  };
}

function overHttp2(over: ClientHttp2Session): Door {
  return {
    // Requests of HTTP/1.0 are none of HTTP/2.
    leavesOut: ({ version }) => version !== undefined && version !== '1.1',
    ask: async ({ ask: asked, content }, lines) => {
      const [method, target] = asked.split(' ') as [string, string];
      const fields: Record<string, string> = {};
      for (const line of lines) {
        const [name, value] = [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()];
        fields[name] = fields[name] === undefined ? value : `${fields[name]}, ${value}`;
      }
      const { status, headers, body } = await ask(over, { ':method': method, ':path': target, ':authority': 'localhost', ...fields }, content);
      const { ':status': _status, ...others } = headers;
      return seen(status, Object.entries(others).flatMap(([name, value]) => (value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value] as const])), body);
    },
  };
}

t.test('HTTP/2', { skip }, async (t) => {
  const { place } = await serveSecure(t, {}, options);
  const session = connect(`https://127.0.0.1:${place.port}`, { rejectUnauthorized: false });
  t.teardown(() => session.destroy());
  t.ok(await conforms(t, overHttp2(session), await burst(t, options)) > 300);
});

t.test('HTTP/1.1 over TLS', { skip }, async (t) => {
  const { place } = await serveSecure(t, {}, options);
  t.equal(await conforms(t, overTls(place), await burst(t, options)), conformanceCases.length);
});
