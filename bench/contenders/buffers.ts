/** An answer of node:http at its best for a file: the body in a Buffer, one write. */
import type { RequestListener } from 'node:http';
import { holdFiles } from './files.ts';

export function answering(root: string): RequestListener {
  const files = holdFiles(root);
  return (request, response) => {
    const file = files.get(request.url ?? '');
    if (file === undefined) {
      response.writeHead(404, { 'Content-Length': 0 }).end();
      return;
    }
    response.writeHead(200, { ...file.fields, 'Content-Length': file.body.length }).end(file.body);
  };
}
