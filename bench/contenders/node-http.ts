/** node:http at its best for a file: the body in a Buffer, one write. It copies: the offload table's other side. */
import { createServer } from 'node:http';
import { holdFiles, readArguments } from './files.ts';

const { host, port, root } = readArguments();
const files = holdFiles(root);

createServer((request, response) => {
  const file = files.get(request.url ?? '');
  if (file === undefined) {
    response.writeHead(404, { 'Content-Length': 0 }).end();
    return;
  }
  response.writeHead(200, { ...file.fields, 'Content-Length': file.body.length }).end(file.body);
}).listen(port, host);
