/** nginx as someone who cares would run it for static files, and as a cache: what the tables say it is compared with. */
import type { Certificate } from './certificate.ts';
import type { Address } from './probe.ts';

interface NginxPlace extends Address {
  /** A directory of its own for the pid file and temporary paths. */
  readonly prefix: string;
}

export interface NginxSite extends NginxPlace {
  readonly root: string;
  /** Default: no TLS. */
  readonly certificate?: Certificate | null;
}

export interface NginxCache extends NginxPlace {
  /** A URL without a path. */
  readonly origin: string;
  readonly cacheDirectory: string;
  /** Such as `1g`. */
  readonly cacheSize: string;
}

export function nginxConfig({ root, certificate = null, ...place }: NginxSite): string {
  if (certificate === null) return configured(place, '', `root ${root};`);
  // Everything else about TLS is at its default: tickets, records of 16 KiB, TLS 1.3 where the client has it.
  const shown = `ssl_certificate ${certificate.cert}; ssl_certificate_key ${certificate.key}; ssl_protocols TLSv1.2 TLSv1.3;`;
  return configured(place, '', `${shown} root ${root};`, 'ssl http2');
}

/** proxy_buffer_size and the like at their defaults: a hit reads its head with one pread and sends its body with sendfile. */
export function nginxCacheConfig({ origin, cacheDirectory, cacheSize, ...place }: NginxCache): string {
  return configured(
    place,
    `proxy_cache_path ${cacheDirectory} levels=1:2 keys_zone=bench:64m max_size=${cacheSize} inactive=24h use_temp_path=off;`,
    `location / {
      proxy_pass ${origin};
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_cache bench;
      proxy_cache_lock on;
      add_header X-Cache-Status $upstream_cache_status;
    }`,
  );
}

/** `shared`: directives of the http block; `served`: of its one server; `spoken`: parameters of where it listens. */
function configured({ host, port, prefix }: NginxPlace, shared: string, served: string, spoken = ''): string {
  // Only root may choose the worker's user; nginx would warn. The work directory is readable by us alone.
  const user = process.getuid?.() === 0 ? 'user root;' : '';
  return `
${user}
daemon off;
worker_processes 1;
pid ${prefix}/nginx.pid;
error_log ${prefix}/error.log crit;
events {
  worker_connections 16384;
  multi_accept on;
}
http {
  access_log off;
  # A 404 costs a line in the error log otherwise: 404s are timed too.
  log_not_found off;
  sendfile on;
  tcp_nopush on;
  # The default closes a connection after 1000 requests.
  keepalive_requests 1000000000;
  keepalive_timeout 600s;
  open_file_cache max=10000 inactive=600s;
  open_file_cache_valid 60s;
  open_file_cache_min_uses 1;
  open_file_cache_errors on;
  types {
    text/html html;
    image/png png;
  }
  default_type application/octet-stream;
  client_body_temp_path ${prefix}/client-body;
  proxy_temp_path ${prefix}/proxy;
  fastcgi_temp_path ${prefix}/fastcgi;
  uwsgi_temp_path ${prefix}/uwsgi;
  scgi_temp_path ${prefix}/scgi;
  ${shared}
  server {
    listen ${host}:${port} backlog=1024 ${spoken};
    ${served}
  }
}
`;
}
