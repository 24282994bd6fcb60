// An origin to try a cache with: pages that may be stored for a minute, pages that may not, and tags to purge by.
import { createServer } from 'node:http';

let asked = 0;

const server = createServer((request, response) => {
  asked += 1;
  response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  if (request.url.startsWith('/private/')) response.setHeader('Cache-Control', 'private');
  else response.setHeader('Cache-Control', 'max-age=60, stale-while-revalidate=30').setHeader('Cache-Tag', 'example');
  response.end(`${request.method} ${request.url}\nquestion ${asked} to this origin, ${new Date().toISOString()}\n`);
});

server.listen(Number(process.env.PORT ?? 3000), process.env.HOST);
for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => server.close());
