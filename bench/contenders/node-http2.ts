/** node:http2 with the file in a Buffer, by its own API of streams; the one for compatibility with node:http costs more. */
import { createSecureServer } from 'node:http2';
import { holdFiles, readArguments, readCertificate } from './files.ts';

const { host, port, root } = readArguments();
const files = holdFiles(root);
// HTTP/1.1 is for whoever waits for its first answer.
const server = createSecureServer({ ...readCertificate(), allowHTTP1: true }, (request, response) => {
  if (request.httpVersionMajor < 2) response.writeHead(200, { 'Content-Length': 0 }).end();
});

server.on('stream', (stream, { ':path': path = '' }) => {
  const file = files.get(path);
  if (file === undefined) {
    stream.respond({ ':status': 404, 'content-length': 0 }, { endStream: true });
    return;
  }
  stream.respond({ ':status': 200, ...file.fields, 'content-length': file.body.length });
  stream.end(file.body);
});
server.listen(port, host);
