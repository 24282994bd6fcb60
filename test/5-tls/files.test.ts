// Certificates as files: what is wrong with them is told by their paths, and what has changed is shown, when it can be.
import { copyFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';
import { createServer, OptionsError, ReloadError, type TlsOptions } from '../../server/index.ts';
import { Client, requestText, type Place } from '../client.ts';
import { serve, shortFolder, until } from '../serving.ts';
import { Authority, type Issued } from './authority.ts';
import { skip, tlsOf } from './serving.ts';

t.test('what is wrong is told, by path, and nothing of a key', { skip }, (t) => {
  const authority = new Authority(t);
  const good = authority.issue();
  const other = authority.issue();
  const expired = authority.issue({ days: -1 });
  const written = (name: string, text: string): string => {
    const path = join(authority.folder, name);
    writeFileSync(path, text);
    return path;
  };
  const encrypted = join(authority.folder, 'encrypted.key');
  execFileSync('openssl', ['pkey', '-in', good.key, '-aes128', '-passout', 'pass:secret', '-out', encrypted]);
  const { cert, key } = good;
  const rows: readonly (readonly [string, TlsOptions, RegExp])[] = [
    ['no certificate', {}, /tls: there is no certificate/],
    ['an empty list', { certificates: [] }, /tls\.certificates/],
    ['a missing file', { certificates: [{ cert: '/nowhere/a.pem', key }] }, /certificates\[0\]\.cert: \/nowhere\/a\.pem cannot be read: no such file/],
    ['a folder', { certificates: [{ cert: authority.folder, key }] }, /cert: .* cannot be read: .*\(EISDIR\)/],
    ['no PEM', { certificates: [{ cert: written('noise.pem', 'noise'), key }] }, /there is no certificate \(PEM\) in .*noise\.pem/],
    ['an empty file', { certificates: [{ cert: written('empty.pem', ''), key }] }, /there is no certificate \(PEM\)/],
    ['a malformed one', { certificates: [{ cert: written('bent.pem', good.certText.replace(/\nMI../, '\nAAAA')), key }] }, /malformed|is not the key/],
    ['no key', { certificates: [{ cert, key: cert }] }, /there is no private key \(PEM\) in/],
    ['an encrypted key', { certificates: [{ cert, key: encrypted }] }, /encrypted\.key is encrypted/],
    ['the key of another', { certificates: [{ cert, key: other.key }] }, /is not the key of/],
    ['an expired one', { certificates: [{ cert: expired.cert, key: expired.key }] }, /has expired: it was valid until/],
    ['a second that is wrong', { certificates: [{ cert, key }, { cert, key: other.key }] }, /certificates\[1\]\.key: .* is not the key of/],
    ['no response', { certificates: [{ cert, key, ocsp: cert }] }, /ocsp: .* is no OCSP response/],
    ['no authority', { certificates: [{ cert, key }], clientCa: key }, /clientCa: there is no certificate/],
    ['clientCertificate alone', { certificates: [{ cert, key }], clientCertificate: 'required' }, /clientCa says which certificates are good/],
    ['a version that is none', { certificates: [{ cert, key }], minVersion: 'SSLv3' as 'TLSv1.2' }, /tls\.minVersion/],
  ];
  const secrets = good.keyText.split('\n').filter((line) => line.length > 20 && !line.startsWith('-'));
  for (const [name, tls, expected] of rows) {
    try {
      createServer({ tls });
      t.fail(name);
    } catch (error) {
      t.ok(error instanceof OptionsError, name);
      t.match((error as Error).message, expected, name);
      t.notOk(secrets.some((secret) => String(error).includes(secret)), `${name}: no key is told`);
    }
  }
  t.end();
});

t.test('ciphers that OpenSSL does not know', { skip }, async (t) => {
  const { cert, key } = new Authority(t).issue();
  const server = createServer({ workers: 1, tls: { certificates: [{ cert, key }], ciphers: 'NONSENSE' } });
  await t.rejects(server.listen('127.0.0.1:0'), { name: 'OptionsError', message: /tls: OpenSSL refuses it: ciphers/ });
  await server.close();
});

async function shownBy(place: Place): Promise<string> {
  const client = await Client.openSecure(place);
  const { raw } = tlsOf(client).getPeerCertificate();
  client.destroy();
  return raw.toString('base64');
}

const rawOf = ({ certText }: Issued): string => certText.replace(/-----[^-]+-----|\s/g, '');

t.test('files that change', { skip }, async (t) => {
  const authority = new Authority(t);
  const [first, second, third] = [authority.issue(), authority.issue(), authority.issue()];
  const folder = shortFolder(t);
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const put = (issued: Issued): void => {
    copyFileSync(issued.key, `${key}.new`);
    copyFileSync(issued.cert, `${cert}.new`);
    renameSync(`${key}.new`, key);
    renameSync(`${cert}.new`, cert);
  };
  put(first);
  const root = t.testdir({ 'a.txt': 'alpha\n' });
  const { place, server, reports } = await serve(t, { root, workers: 2, tls: { certificates: [{ cert, key }] } });
  t.equal(await shownBy(place), rawOf(first));
  const before = await Client.openSecure(place);

  put(second);
  await until(async () => (await shownBy(place)) === rawOf(second), 'the second certificate');
  t.ok(reports.some(({ name }) => name === 'certificatesChanged'));
  await before.send(requestText('/a.txt'));
  t.equal((await before.reply()).body.toString(), 'alpha\n', 'connections go on');
  before.destroy();

  copyFileSync(third.key, key);
  await until(() => reports.some(({ name }) => name === 'certificatesKept'), 'a report of what cannot be shown');
  t.match(reports.find(({ name }) => name === 'certificatesKept')!.facts['faults'], /is not the key of/);
  t.equal(await shownBy(place), rawOf(second), 'the one before stays');
  await t.rejects(server.reload(), { name: 'ReloadError', message: /is not the key of/ }, 'so it does in a reload');
  t.equal(await shownBy(place), rawOf(second));

  put(third);
  await until(async () => (await shownBy(place)) === rawOf(third), 'the third certificate');
  rmSync(cert);
  await until(() => reports.filter(({ name }) => name === 'certificatesKept').length > 1, 'a report of what is missing');
  t.equal(await shownBy(place), rawOf(third), 'a file that is gone changes nothing');
});

t.test('a reload', { skip }, async (t) => {
  const authority = new Authority(t);
  const [first, second] = [authority.issue(), authority.issue()];
  const root = t.testdir({ 'a.txt': 'alpha\n' });
  const options = { root, workers: 2, listen: ['127.0.0.1:0'] };
  const { place, server } = await serve(t, { ...options, tls: { certificates: [{ cert: first.cert, key: first.key }] } }, '127.0.0.1:0');
  await server.reload({ ...options, tls: { certificates: [{ cert: second.cert, key: second.key }], minVersion: 'TLSv1.3', hsts: { maxAgeS: 60 } } }, { where: ['127.0.0.1:0'] });
  t.equal(await shownBy(place), rawOf(second));
  await t.rejects(Client.openSecure(place, { maxVersion: 'TLSv1.2' }), /protocol version|PROTOCOL_VERSION/i);
  await t.rejects(server.reload({ ...options, tls: { certificates: [{ cert: '/nowhere', key: second.key }] } }, { where: ['127.0.0.1:0'] }), ReloadError);
  t.equal(await shownBy(place), rawOf(second));
  await server.reload(options, { where: ['127.0.0.1:0'] });
  const plain = await Client.open(place);
  await plain.send(requestText('/a.txt'));
  t.equal((await plain.reply()).body.toString(), 'alpha\n', 'without TLS it is plain');
  plain.destroy();
  await server.reload({ ...options, tls: { selfSigned: true } }, { where: ['127.0.0.1:0'] });
  const own = await Client.openSecure(place);
  t.match(tlsOf(own).getPeerCertificate().subjectaltname, /DNS:localhost.*IP Address:127\.0\.0\.1/);
  own.destroy();
});
