/** A node:http server that knows its files' sizes, so that how a body is sent is all that its users differ in. */
import { createServer, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { holdFiles, readArguments } from './files.ts';

/** `send`: the whole file at `path` as the body of a response whose head is set, and the end of it. */
export function serveSized(send: (response: ServerResponse, path: string) => void): void {
  const { host, port, root } = readArguments();
  const heads = new Map([...holdFiles(root)].map(([target, { fields, body }]) => [target, { ...fields, 'Content-Length': body.length }]));
  createServer((request, response) => {
    const target = request.url ?? '';
    const head = heads.get(target);
    if (head === undefined) {
      response.writeHead(404, { 'Content-Length': 0 }).end();
      return;
    }
    response.writeHead(200, head);
    send(response, join(root, target));
  }).listen(port, host);
}
