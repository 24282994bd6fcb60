// nginx as one link of a chain. What is said of it here is from nginx.org/en/docs/http/ngx_http_proxy_module.html.
import type { Test } from 'tap';
import type { Place } from '../client.ts';
import { start, type Program } from './program.ts';

/** Version 1.0 and a connection for each request, as it does unasked; or 1.1 from a pool. */
export const NGINX_PLAIN = '';
export const NGINX_POOL = 'proxy_http_version 1.1; proxy_set_header Connection ""; ';
/** The client's Host and address on the way, nothing held back. */
const OF_THE_CLIENT = 'proxy_set_header Host $http_host; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;';

/** @param lines directives of its one location. */
export function nginx(t: Test, behind: Place, lines: string): Promise<Program> {
  return start(t, 'nginx', (folder, port) => ({
    words: ['-p', folder, '-c', `${folder}/nginx.conf`, '-e', 'stderr'],
    files: { 'nginx.conf': configuration(folder, port, behind, lines) },
  }));
}

/** Directives of a location that caches: in it, what nginx says of where an answer is from is in X-From. */
export function nginxCache(more = ''): string {
  return `${NGINX_POOL} proxy_cache stored; add_header X-From $upstream_cache_status always; ${more}`;
}

function configuration(folder: string, port: number, behind: Place, lines: string): string {
  return `
    ${process.getuid?.() === 0 ? 'user root;' : ''}daemon off; master_process on; worker_processes 1; pid ${folder}/pid; error_log stderr warn;
    events { worker_connections 512; }
    http {
      access_log off; client_max_body_size 64m; keepalive_requests 10000;
      client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy;
      fastcgi_temp_path ${folder}/fastcgi; uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
      proxy_cache_path ${folder}/cache keys_zone=stored:4m use_temp_path=off;
      upstream behind { server ${behind.host}:${behind.port} max_fails=0; keepalive 16; }
      server {
        listen 127.0.0.1:${port};
        location / { proxy_pass http://behind; ${OF_THE_CLIENT} proxy_connect_timeout 3s; proxy_read_timeout 10s; ${lines} }
      }
    }`;
}
