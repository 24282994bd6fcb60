// The schema of what is of a whole server: bounds, memory, addresses.
import { isToken } from '../../http/list-members.ts';
import { AddressRules } from '../access/addresses.ts';
import { redisAddress } from '../cluster/address.ts';
import { isForOthers, placeFault, PLACES, tokenFault } from '../control/options.ts';
import { loopLimits } from '../limits.ts';
import { listenFault } from '../listen-spec.ts';
import { writableFault } from './folders.ts';
import { amount, any, choice, flag, group, judged, list, named, oneOf, related, text, whole } from './schema-terms.ts';

const HOUR_MS = 3_600_000;
const ADDRESSES_MAX = 10_000;
const LISTENERS_MAX = 64;
const CERTIFICATES_MAX = 100;
/** Of two signs of life, and a look at each. */
const WORKER_HUNG_MIN_MS = 1000;

export const loopLimitsSchema = related(group({
  connectionsMax: whole(1, 1 << 20).optional(),
  headTimeoutMs: whole(100, HOUR_MS).optional(),
  bodyTimeoutMs: whole(100, HOUR_MS).optional(),
  idleTimeoutMs: whole(100, HOUR_MS).optional(),
  sendTimeoutMs: whole(100, HOUR_MS).optional(),
  handlerTimeoutMs: whole(1, HOUR_MS).optional(),
  lingerTimeoutMs: whole(0, HOUR_MS).optional(),
  tunnelIdleTimeoutMs: whole(100, 7 * 24 * HOUR_MS).optional(),
  headBytesMax: whole(256, 1 << 20).optional(),
  fieldsMax: whole(1, 1000).optional(),
  targetBytesMax: whole(64, 1 << 19).optional(),
  discardBytesMax: whole(0, 1 << 30).optional(),
  bodyBytesMax: whole(0, 2 ** 50).optional(),
  workerHungMs: judged(whole(0, HOUR_MS), (ms) => (ms > 0 && ms < WORKER_HUNG_MIN_MS ? `it must be 0, or at least ${WORKER_HUNG_MIN_MS}` : undefined)).optional(),
}), ({ targetBytesMax = loopLimits.targetBytesMax, headBytesMax = loopLimits.headBytesMax }) => (
  targetBytesMax >= headBytesMax ? [[['targetBytesMax'], `must be below headBytesMax (${headBytesMax}), which is of the whole head`]] : []
));

export const fileLimitsSchema = group({ openMax: whole(1, 60_000).optional(), missingMax: whole(1, 1 << 20).optional() });

export const arenaSchema = group({ bytesMax: whole(0, 2 ** 40).optional(), fileBytesMax: whole(0, 2 << 20).optional() });

export const guardSchema = group({
  privateMaxBytes: whole(0, 2 ** 32).optional(),
  privateMaxTotalBytes: whole(0, 2 ** 40).optional(),
  snapshotDir: judged(text("a folder on the root's filesystem, or an empty text", /^[^\0]*$/), (path) => (path === '' ? undefined : writableFault(path))).optional(),
  snapshotMaxBytes: whole(0, 2 ** 40).optional(),
  writerDelayMaxMs: whole(0, 40_000).optional(),
  readerWaitMaxMs: whole(0, 60_000).optional(),
  staleMaxMs: whole(0, HOUR_MS).optional(),
  unknownPeer: choice(['probe', 'copy']).optional(),
  unsentMaxBytes: whole(0, 1 << 30).optional(),
});

export const memorySchema = group({ floorShare: amount(0.05, 1).optional(), stallPercentMax: amount(0, 100).optional() });

const address = judged(text('an address or a network such as 192.0.2.0/24', /^[^]*$/), addressFault);

/** Of one that may send a PROXY header. */
const sender = judged(text('an address, a network such as 192.0.2.0/24, or "unix"', /^[^]*$/), (given) => (given === 'unix' ? undefined : addressFault(given)));

/** Addresses and networks. */
export function addresses() {
  return list(address, `a list of addresses and networks, at most ${ADDRESSES_MAX}`, ADDRESSES_MAX);
}

function addressFault(given: string): string | undefined {
  try {
    new AddressRules([given], []); // it throws what is wrong
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const where = 'a port, host:port, [v6]:port, unix:/path, fd:N or fd:NAME';
const place = oneOf(where, [whole(0, 65_535), judged(text(where), listenFault)]);

export const listenSchema = oneOf(`${where}, or a list of them`, [whole(0, 65_535), judged(text(where), listenFault), list(place, `a list of 1 to ${LISTENERS_MAX} of these`, LISTENERS_MAX, 1)]);

const file = text('the path of a file', /^[^\0]+$/);

const certificate = group({ cert: file, key: file, ocsp: file.optional() });

export const tlsSchema = related(group({
  certificates: list(certificate, `a list of 1 to ${CERTIFICATES_MAX} certificates`, CERTIFICATES_MAX, 1).optional(),
  selfSigned: flag().optional(),
  http2: flag().optional(),
  minVersion: choice(['TLSv1.2', 'TLSv1.3']).optional(),
  ciphers: text('names of cipher suites', /^[\w!+@=:, -]+$/).optional(),
  clientCa: file.optional(),
  clientCertificate: choice(['required', 'optional']).optional(),
  ticketRotationMs: whole(0, 24 * HOUR_MS).optional(),
  redirectFrom: list(place, `a list of at most ${LISTENERS_MAX} places to listen`, LISTENERS_MAX).optional(),
  hsts: group({ maxAgeS: whole(0, 2 ** 31), includeSubDomains: flag().optional(), preload: flag().optional() }).optional(),
}), ({ certificates, selfSigned, clientCa, clientCertificate }) => [
  ...(certificates === undefined && selfSigned !== true ? [[[], 'there is no certificate: certificates names the files, and selfSigned makes one for development'] as const] : []),
  ...(clientCertificate !== undefined && clientCa === undefined ? [[['clientCertificate'], 'clientCa says which certificates are good, and is missing'] as const] : []),
]);

const controlListen = judged(text(PLACES), placeFault);

export const controlSchema = oneOf(`${PLACES}, or an object`, [
  judged(controlListen, (listen) => (isForOthers(listen) ? 'others can reach this address: it needs a token' : undefined)),
  related(group({ listen: controlListen.optional(), token: judged(text('a token'), tokenFault).optional(), tokenFile: text('the path of a file').optional() }), ({ listen, token, tokenFile }) => [
    ...(token !== undefined && tokenFile !== undefined ? [[['token'], 'it is given twice, here and as tokenFile'] as const] : []),
    ...(token === undefined && tokenFile === undefined && typeof listen === 'string' && isForOthers(listen) ? [[['listen'], 'others can reach this address: it needs a token, or a tokenFile'] as const] : []),
  ]),
]);

const storeDir = text('the path of a folder', /^[^\0]+$/);

export const storeSchema = oneOf('the path of a folder, or an object', [
  storeDir, group({ dir: storeDir, bytesMax: whole(1 << 20, 2 ** 50).optional(), admit: choice(['always', 'second']).optional(), durable: flag().optional() }),
]);

const pem = text('certificates in PEM', /-----BEGIN /);

export const clusterSchema = related(group({
  redis: judged(text('redis://host:port, rediss://host:port or unix:/path'), redisFault),
  stream: text('the key of a stream').optional(),
  staleMaxMs: whole(100, 24 * HOUR_MS).optional(),
  timeoutMs: whole(10, HOUR_MS).optional(),
  entriesMax: whole(1_000, 100_000_000).optional(),
  queueMax: whole(1, 1 << 20).optional(),
  reload: flag().optional(),
  tls: related(group({
    ca: oneOf('certificates in PEM', [pem, list(pem, 'certificates in PEM', CERTIFICATES_MAX)]).optional(),
    servername: text('a host name', /^[\w.-]{1,253}$/).optional(),
    certificate: pem.optional(),
    privateKey: text('a private key in PEM', /-----BEGIN /).optional(),
  }), ({ certificate, privateKey }) => (
    (certificate === undefined) === (privateKey === undefined) ? [] : [[[certificate === undefined ? 'privateKey' : 'certificate'], 'certificate and privateKey are given together, or not at all']]
  )).optional(),
}), ({ redis, tls }) => (
  tls === undefined || typeof redis !== 'string' || /^rediss:/i.test(redis) ? [] : [[['tls'], 'it is of rediss://, and redis is another address']]
));

function redisFault(given: string): string | undefined {
  const address = redisAddress(given);
  return typeof address === 'string' ? address : undefined;
}

/** They are as the message is, and for whom it is. */
const OF_THE_REQUEST = /^(?:connection|content-encoding|content-length|content-type|expect|host|keep-alive|te|trailer|transfer-encoding|upgrade)$/i;

export const tracingSchema = group({
  endpoint: any('a URL such as http://collector:4318/v1/traces', (value): value is string => typeof value === 'string' && /^https?:\/\//.test(value) && URL.canParse(value)),
  serviceName: text('a name').optional(),
  sampleRatio: amount(0, 1).optional(),
  headers: judged(named(text('text', /^[\t -~\x80-\xff]*$/), 'an object of fields by name'), (fields) => {
    const wrong = Object.keys(fields).find((name) => !isToken(name) || OF_THE_REQUEST.test(name));
    return wrong === undefined ? undefined : `${JSON.stringify(wrong)} is no field that can be added`;
  }).optional(),
});

export const serverShape = {
  listen: listenSchema.optional(),
  tls: tlsSchema.optional(),
  workers: whole(1, 256).optional(),
  accessLog: oneOf('"pretty", "json", "combined" or false', [choice(['pretty', 'json', 'combined']), any('false', (value): value is false => value === false)]).optional(),
  logFile: text('the path of a file').optional(),
  socketMode: whole(-1, 0o777).optional(),
  congestionControl: text('a name such as "bbr"', /^[\w-]{1,15}$/).optional(),
  graceMs: whole(0, HOUR_MS).optional(),
  shutdownDelayMs: whole(0, HOUR_MS).optional(),
  upgradeTimeoutMs: whole(100, HOUR_MS).optional(),
  limits: loopLimitsSchema.optional(),
  files: fileLimitsSchema.optional(),
  arena: arenaSchema.optional(),
  guard: guardSchema.optional(),
  memory: memorySchema.optional(),
  proxyProtocol: list(sender, `a list of addresses and networks, or "unix", at most ${ADDRESSES_MAX}`, ADDRESSES_MAX).optional(),
  cluster: clusterSchema.optional(),
  tracing: tracingSchema.optional(),
  store: storeSchema.optional(),
  control: controlSchema.optional(),
} as const;

