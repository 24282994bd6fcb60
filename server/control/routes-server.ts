// The server as a whole: what it is, what it does, and what it is told to do.
import type { ControlBackend } from './backend.ts';
import type { ControlApp } from './app.ts';
import { securityFields } from './security-fields.ts';
import type { EventStream } from './event-stream.ts';
import { Problem } from './problem.ts';
import * as schemas from './schemas.ts';

const TAGS = ['server'];
const RETRY_S = '5';
const text = (type: string, description: string) => ({ 200: { description, content: { [type]: { schema: { type: 'string' } } } } });

export function serverRoutes(app: ControlApp, backend: ControlBackend, events: EventStream): void {
  app.get('/api/v1/status', { schema: { operationId: 'status', tags: TAGS, summary: 'Version, workers, listeners, sites', response: { 200: schemas.status } } }, () => {
    const { sites, listeners, cluster, ...status } = backend.status();
    return { ...status, ...(cluster && { cluster: { ...cluster, nodes: [...cluster.nodes] } }), draining: status.phase === 'draining', listeners: [...listeners], sites: sites.map(({ hosts, origins, ...site }) => ({ ...site, hosts: [...hosts], ...(origins && { origins: [...origins] }) })) };
  });

  app.get('/api/v1/config', { schema: { operationId: 'config', tags: TAGS, summary: 'The options in force', response: { 200: schemas.config } } }, () => backend.config() as Record<string, unknown>);

  app.post('/api/v1/drain', { schema: { operationId: 'drain', tags: TAGS, summary: 'Let answers under way finish, and end', body: schemas.emptyBody, response: { 202: schemas.accepted } } }, (request, reply) => {
    backend.log?.info('the server drains, as it was told over the control plane', { event: 'drain', from: request.from });
    // The answer is with the kernel before any worker can have ended.
    void reply.code(202).send({ draining: true });
    backend.drain();
  });

  app.post('/api/v1/reload', { schema: { operationId: 'reload', tags: TAGS, summary: 'Take a changed configuration into force', body: schemas.emptyBody, response: { 200: schemas.reloaded } } }, async (request) => {
    backend.log?.info('the configuration is loaded anew, as it was told over the control plane', { event: 'reload', from: request.from });
    return (await backend.reload()) as Record<string, unknown>;
  });

  app.post('/api/v1/upgrade', { schema: { operationId: 'upgrade', tags: TAGS, summary: 'Start the program anew, as it is on disk now, and let that serve', body: schemas.emptyBody, response: { 200: schemas.upgraded } } }, async (request) => {
    if (!backend.upgrade) throw new Problem(501, 'this server is part of another program, which has to be started anew');
    backend.log?.info('another process is started in place of this one, as it was told over the control plane', { event: 'upgrade', from: request.from });
    return { pid: await backend.upgrade() };
  });

  app.get('/api/v1/log-level', { schema: { operationId: 'getLogLevel', tags: TAGS, summary: "How much is told in the operator's log", response: { 200: schemas.logLevel } } }, () => ({ level: logOf(backend).level }));
  app.put('/api/v1/log-level', { schema: { operationId: 'setLogLevel', tags: TAGS, summary: 'Tell more, or less', body: schemas.logLevel, response: { 200: schemas.logLevel } } }, (request) => {
    const log = logOf(backend);
    log.level = request.body.level;
    return { level: log.level };
  });

  app.head('/api/v1/events', { schema: { hide: true } }, (_, reply) => reply.type('text/event-stream').send());
  app.get('/api/v1/events', {
    exposeHeadRoute: false,
    schema: { operationId: 'events', tags: TAGS, summary: 'Server-sent events: snapshot, each second, and report', response: text('text/event-stream', 'As long as both sides want') },
  }, (_, reply) => {
    if (events.isFull) throw new Problem(503, 'as many clients as may be are listening', { fields: [['Retry-After', RETRY_S]] });
    reply.hijack();
    reply.raw.writeHead(200, { ...securityFields, 'content-type': 'text/event-stream' });
    events.add(reply.raw);
  });

  app.get('/metrics', { schema: { operationId: 'metrics', tags: TAGS, summary: 'Metrics for Prometheus', response: text('text/plain', 'The text format, or OpenMetrics where Accept asks for it') } }, async (request, reply) => {
    const { contentType, text: metrics } = await backend.metrics(request.headers.accept);
    return reply.type(contentType).send(metrics);
  });

  app.get('/api/v1/openapi.json', { schema: { operationId: 'openApi', tags: TAGS, summary: 'This', response: { 200: schemas.openApi } } }, () => app.swagger() as unknown as Record<string, unknown>);
}

function logOf({ log }: ControlBackend): NonNullable<ControlBackend['log']> {
  if (!log) throw new Problem(501, 'this server writes no log of its own: whoever has started it is told instead');
  return log;
}
