/** The certificate that all contenders show, made anew for every run by openssl(1), and what a client and a server agree on. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { connect } from 'node:tls';
import type { Address } from './probe.ts';
import { findTool } from './processes.ts';

/** Of TLS 1.3, for every contender and every load: OpenSSL's first choice. */
export const SUITE = 'TLS_AES_256_GCM_SHA384';

/** Paths of files, in PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** ECDSA with P-256, for `host`, an address. Throws with what openssl said. */
export function makeCertificate(directory: string, host: string): Certificate {
  const made = { cert: join(directory, 'certificate.pem'), key: join(directory, 'key.pem') };
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30'];
  const subject = ['-subj', '/CN=bench', '-addext', `subjectAltName=IP:${host}`];
  const { status, stderr } = spawnSync('openssl', ['req', ...kind, ...subject, '-keyout', made.key, '-out', made.cert], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`openssl made no certificate: ${stderr.trim()}`);
  return made;
}

/** What a client that leaves the choice to the server comes to speak, such as `TLSv1.3 TLS_AES_256_GCM_SHA384 X25519 AB:CD…`, the certificate last. */
export function agreed({ host, port }: Address): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, rejectUnauthorized: false }, () => {
      const key = socket.getEphemeralKeyInfo();
      const group = key !== null && 'name' in key ? key.name : 'no group';
      resolve([socket.getProtocol(), socket.getCipher().name, group, socket.getPeerCertificate().fingerprint256].join(' '));
      socket.destroy();
    });
    socket.once('error', reject);
  });
}

export function missingTlsTool(): string | null {
  return ['openssl', 'h2load'].find((tool) => findTool(tool) === null) ?? null;
}
