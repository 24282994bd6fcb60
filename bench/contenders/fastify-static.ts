/** Fastify with @fastify/static, both as they come, without a logger. */
import fastifyStatic from '@fastify/static';
import fastify from 'fastify';
import { readArguments } from './files.ts';

const { host, port, root } = readArguments();
const server = fastify({ logger: false });
await server.register(fastifyStatic, { root });
await server.listen({ host, port });
