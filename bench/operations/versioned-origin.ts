/** An origin on a unix socket whose content is a number that changes when it is told to. All that it says may be stored, and used stale. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Scope } from '../processes.ts';

export class VersionedOrigin {
  version = 1;

  static async listen(scope: Scope, path: string): Promise<VersionedOrigin> {
    const origin = new VersionedOrigin();
    const server = createServer((request, response) => {
      const body = String(origin.version);
      const isKnown = request.headers['if-none-match'] === `"${body}"`;
      response.writeHead(isKnown ? 304 : 200, { 'Cache-Control': 'max-age=3600, stale-while-revalidate=3600, stale-if-error=3600', ETag: `"${body}"` });
      response.end(isKnown ? undefined : body);
    });
    server.listen(path);
    await once(server, 'listening');
    scope.defer(() => {
      server.close();
      server.closeAllConnections();
    });
    return origin;
  }
}
