/** nginx as someone who cares would run it for static files: what the table says it is compared with. */
import type { Address } from './probe.ts';

export interface NginxSite extends Address {
  readonly root: string;
  /** A directory of its own for the pid file and temporary paths. */
  readonly prefix: string;
}

export function nginxConfig({ host, port, root, prefix }: NginxSite): string {
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
  server {
    listen ${host}:${port} backlog=1024;
    root ${root};
  }
}
`;
}
