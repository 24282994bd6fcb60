/** uWebSockets.js with the file in a Buffer. `tryEnd` sends what fits and takes the rest when the socket drains, uncopied. */
import type { HttpResponse } from 'uWebSockets.js';
import { holdFiles, readArguments } from './files.ts';

function send(response: HttpResponse, body: Buffer): void {
  const [, done] = response.tryEnd(body, body.length);
  if (done) return;
  response.onAborted(() => undefined);
  // The offset counts body bytes; what was sent before is not in it again.
  response.onWritable((offset) => {
    const [sent] = response.tryEnd(body.subarray(offset), body.length);
    return sent;
  });
}

async function main(): Promise<void> {
  const { host, port, root } = readArguments();
  const files = holdFiles(root);
  // Imported late: the package asks for Node 22, and a binary that cannot be loaded is one line, not a stack.
  const { App } = await import('uWebSockets.js');
  App()
    .get('/*', (response, request) => {
      const file = files.get(request.getUrl());
      if (file === undefined) {
        response.writeStatus('404 Not Found').end();
        return;
      }
      response.cork(() => {
        for (const [name, value] of Object.entries(file.fields)) response.writeHeader(name, value);
        send(response, file.body);
      });
    })
    .listen(host, port, (socket) => {
      if (socket === false) throw new Error(`cannot listen on ${host}:${port}`);
    });
}

main().catch((error: unknown) => {
  process.stderr.write(`${(error instanceof Error ? error.message : String(error)).replaceAll('\n', ' ')}\n`);
  process.exit(1);
});
