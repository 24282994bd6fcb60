// Frameworks that take middleware, told alike: a stack of handlers, each everywhere or below a path, and one that hears errors.
import connect from 'connect';
import express from 'express';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { mkdirSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Test } from 'tap';
import { preview, type InlineConfig, type PreviewServer } from 'vite';
import type { NodeHandler } from '../../server/doors/node.ts';
import type { Place } from '../client.ts';
import { listening } from './listening.ts';

export type Middleware = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void;
/** A handler, and the path that it stands below. */
export type Layer = Middleware | NodeHandler | readonly [path: string, handler: Middleware | NodeHandler];

export interface Framework {
  readonly name: string;
  readonly serve: (t: Test, ...stack: readonly Layer[]) => Promise<Served>;
}

export interface Served {
  readonly place: Place;
  /** What its handler of errors was called with. */
  readonly heard: unknown[];
}

const told = (layer: Layer): readonly [path: string, handler: Middleware | NodeHandler] => (typeof layer === 'function' ? ['/', layer] : layer);

export const frameworks: readonly Framework[] = [
  {
    name: 'Express',
    serve: async (t, ...stack) => {
      const app = express().disable('x-powered-by');
      const heard: unknown[] = [];
      for (const [path, handler] of stack.map(told)) app.use(path, handler);
      app.use(((error, _request, response, _next) => {
        heard.push(error);
        response.writeHead(500).end('heard');
      }) satisfies express.ErrorRequestHandler);
      return { place: { host: '127.0.0.1', port: await listening(t, createServer(app)) }, heard };
    },
  },
  {
    name: 'Connect',
    serve: async (t, ...stack) => {
      const app = connect();
      const heard: unknown[] = [];
      for (const [path, handler] of stack.map(told)) app.use(path, handler);
      app.use((error: unknown, _request: IncomingMessage, response: ServerResponse, _next: connect.NextFunction) => {
        heard.push(error);
        response.writeHead(500).end('heard');
      });
      return { place: { host: '127.0.0.1', port: await listening(t, createServer(app)) }, heard };
    },
  },
];

/** Vite's preview of a build, with a plugin whose configurePreviewServer() is given. */
export async function previewed(t: Test, configurePreviewServer: (server: PreviewServer) => undefined | (() => void), config: InlineConfig = {}): Promise<Place> {
  const root = join(t.testdirName, 'vite');
  mkdirSync(join(root, 'dist'), { recursive: true });
  const server = await preview({ root, configFile: false, logLevel: 'silent', plugins: [{ name: 'pagecast', configurePreviewServer }], ...config, preview: { host: '127.0.0.1', port: 0, cors: false, ...config.preview } });
  t.teardown(() => server.close());
  return { host: '127.0.0.1', port: (server.httpServer.address() as AddressInfo).port };
}
