// What orchestrators ask. One word each, and no token: a probe has none, and the word is no secret.
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { ControlBackend } from './backend.ts';
import { Problem } from './problem.ts';

const response = { 200: { description: 'Yes', content: { 'text/plain': { schema: { type: 'string' } } } } };

export function healthRoutes(app: FastifyInstance, backend: ControlBackend): void {
  const config = { isOpen: true };
  const ok = (reply: FastifyReply): FastifyReply => reply.type('text/plain; charset=utf-8').send('ok\n');
  app.get('/livez', { config, schema: { operationId: 'livez', tags: ['health'], summary: 'Whether the process answers', response } }, (_, reply) => ok(reply));
  app.get('/readyz', { config, schema: { operationId: 'readyz', tags: ['health'], summary: 'Whether to send requests here: not while it starts or drains', response } }, (_, reply) => {
    const { ready } = backend.status().workers;
    const phase = backend.phase();
    if (phase !== 'ready') throw new Problem(503, phase);
    if (ready === 0) throw new Problem(503, 'no worker is ready');
    return ok(reply);
  });
  app.get('/startupz', { config, schema: { operationId: 'startupz', tags: ['health'], summary: 'Whether it has started', response } }, (_, reply) => {
    if (backend.phase() === 'starting') throw new Problem(503, 'starting');
    return ok(reply);
  });
}
