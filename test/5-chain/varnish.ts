// Varnish as one link of a chain; varnish-cache.org/docs/7.1/.
import type { Test } from 'tap';
import type { Place } from '../client.ts';
import { start, type Program } from './program.ts';

/** @param subroutines VCL of its own, in front of the built-in one. */
export function varnish(t: Test, behind: Place, subroutines = ''): Promise<Program> {
  return start(t, 'varnishd', (folder, port) => ({
    words: ['-F', '-j', 'none', '-n', `${folder}/work`, '-f', `${folder}/chain.vcl`, '-a', `127.0.0.1:${port}`, '-s', 'malloc,64m', '-p', 'thread_pool_min=10', '-p', 'thread_pools=1'],
    files: { 'chain.vcl': `vcl 4.1;\nbackend behind { .host = "${behind.host}"; .port = "${behind.port}"; .connect_timeout = 3s; .first_byte_timeout = 10s; }\n${subroutines}\n` },
  }));
}

/** Nothing is stored, everything is passed on as it comes. */
export const VARNISH_PASSES = 'sub vcl_recv { return (pass); }';
/** Where an answer is from is in X-From. */
export const VARNISH_TELLS = 'sub vcl_deliver { set resp.http.X-From = obj.hits; }';
