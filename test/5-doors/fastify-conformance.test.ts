// The Fastify plugin answers what the burst engine answers, where it is not Fastify that does.
import Fastify from 'fastify';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { pagecast } from '../../server/doors/fastify.ts';
import { burst, conforms, overHttp1, siteOptions, type Door } from './conformance.ts';

const options = siteOptions(t);

for (const prefix of ['/', '/a/:who/files/']) {
  t.test(`below ${prefix}`, async (t) => {
    const app = Fastify({ routerOptions: { maxParamLength: 10_000 } });
    t.teardown(() => app.close());
    await app.register(pagecast, { ...options, prefix, redirect: true, extensions: ['html'], fallthrough: false });
    await app.listen({ port: 0, host: '127.0.0.1' });
    const base = prefix === '/' ? '' : '/a/x%2Fy/files';
    const door = overHttp1({ host: '127.0.0.1', port: (app.server.address() as AddressInfo).port }, base);
    const model = await burst(t, options);
    const plugin: Door = {
      // Other methods, and paths that are no UTF-8, are Fastify's; and below a prefix a Location has it, with its length.
      leavesOut: ({ ask, status }) => !/^(?:GET|HEAD) /.test(ask) || status === 400 || ask.includes('%FC') || (base !== '' && (status === 301 || status === 302)),
      ask: (asked, fields) => door.ask(asked, fields),
    };
    t.ok(await conforms(t, plugin, model) > 300);
  });
}
