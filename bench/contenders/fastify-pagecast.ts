/** Fastify with pagecast/fastify, both as they come, without a logger. */
import fastify from 'fastify';
import pagecast from 'pagecast/fastify';
import { readArguments } from './files.ts';

const { host, port, root } = readArguments();
const server = fastify({ logger: false });
await server.register(pagecast, { root });
await server.listen({ host, port });
