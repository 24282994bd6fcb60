// The control plane's application: routes, and what every answer and every refusal has in common.
import swagger from '@fastify/swagger';
import Fastify, { type FastifyBaseLogger, type FastifyError, type FastifyInstance, type FastifyReply, type RawServerDefault } from 'fastify';
import { isUtf8 } from 'node:buffer';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { VERSION } from '../version.ts';
import type { ControlBackend } from './backend.ts';
import { dashboardRoutes } from './dashboard.ts';
import { EventStream } from './event-stream.ts';
import { admit, type Door } from './guard.ts';
import { Problem, problemBody, PROBLEM_TYPE } from './problem.ts';
import { healthRoutes } from './routes-health.ts';
import { objectRoutes } from './routes-objects.ts';
import { serverRoutes } from './routes-server.ts';
import { securityFields } from './security-fields.ts';
import { described, validatorCompiler, type ZodTypes } from './zod-types.ts';

export type ControlApp = FastifyInstance<RawServerDefault, IncomingMessage, ServerResponse, FastifyBaseLogger, ZodTypes>;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** No token is asked for, and links of other sites may lead here. */
    isOpen?: boolean;
  }
  interface FastifyRequest {
    /** The peer's address, for the log. */
    readonly from: string;
  }
}

const BODY_BYTES_MAX = 64 << 10;
/** What waits for workers or hooks may wait no longer. */
const HANDLER_TIMEOUT_MS = 10_000;

/** @throws where a file of the dashboard is missing */
export async function controlApp(backend: ControlBackend, door: Door): Promise<FastifyInstance> {
  const app: FastifyInstance = Fastify({ logger: false, bodyLimit: BODY_BYTES_MAX, handlerTimeout: HANDLER_TIMEOUT_MS, frameworkErrors: (error, _, reply) => void refuse(error, reply, backend) });
  const events = new EventStream(backend);
  const methods = new Map<string, Set<string>>();
  app.decorateRequest('from', { getter() { return this.socket.remoteAddress ?? 'unix'; } });
  app.addHook('onRoute', ({ url, method }) => {
    const known = methods.get(url) ?? new Set();
    methods.set(url, new Set([...known, ...[method].flat()]));
  });
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(securityFields);
    admit(request.raw, door, { isOpen: request.routeOptions.config.isOpen === true, isThere: !request.is404 });
    done();
  });
  app.addHook('onClose', (_, done) => {
    events.close();
    done();
  });
  app.setErrorHandler<FastifyError | Problem>((error, _, reply) => refuse(error, reply, backend));
  app.setNotFoundHandler((request, reply) => {
    const allowed = methods.get(request.url.split('?')[0]!);
    if (!allowed) throw new Problem(404, 'there is nothing here');
    reply.header('allow', [...allowed].join(', '));
    throw new Problem(405, `${request.method} is no method of this`);
  });
  acceptJson(app);
  app.setValidatorCompiler(validatorCompiler).setSerializerCompiler(() => JSON.stringify);
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'pagecast control plane', version: VERSION, description: 'Asked by operators, of one server.' },
      tags: ['server', 'cache', 'health'].map((name) => ({ name })),
      components: door.token ? { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } } : {},
      security: door.token ? [{ token: [] }] : [],
    },
    transform: ({ schema, url, route }) => ({ schema: { ...described(schema), ...(route.config?.isOpen === true && { security: [] }) }, url }),
  });
  const typed = app.withTypeProvider<ZodTypes>();
  healthRoutes(app, backend);
  serverRoutes(typed, backend, events);
  objectRoutes(typed, backend);
  dashboardRoutes(app);
  await app.ready();
  return app;
}

/** Nothing else is content here. No content is none, whatever its type. */
function acceptJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, bytes: Buffer, done) => {
    if (bytes.length === 0) done(null, undefined);
    else if (!isUtf8(bytes)) done(new Problem(400, 'the content is not UTF-8'));
    else void parse(request, bytes.toString('utf8'), done);
  });
}

function refuse(error: FastifyError | Problem, reply: FastifyReply, backend: ControlBackend): FastifyReply {
  const status = error.statusCode ?? 500;
  const known = status < 500 || error instanceof Problem || error.code === 'FST_ERR_HANDLER_TIMEOUT';
  if (!known) backend.failed(error);
  reply.headers(securityFields);
  if (error instanceof Problem) for (const [name, value] of error.fields) reply.header(name, value);
  // What is left of the content is not waited for.
  if (status === 413) reply.header('connection', 'close');
  const body = problemBody(status, known ? error.message : 'the control plane has failed; the log says how', error instanceof Problem ? error.errors : []);
  return reply.code(status).type(PROBLEM_TYPE).serializer(JSON.stringify).send(body);
}
