// A certificate that this process makes for itself, for development: X.509 version 3 (RFC 5280) in DER (X.690).
import { generateKeyPairSync, randomBytes, sign, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { ReadCertificate } from './certificates.ts';

const DAY_MS = 86_400_000;
const VALID_DAYS = 90;

// Tags of X.690 §8; those of a context are 0xa0 and up, or 0x80 where what is in them is primitive.
const SEQUENCE = 0x30;
const SET = 0x31;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const OBJECT = 0x06;
const UTF8 = 0x0c;
const TIME = 0x18;
const BOOLEAN = 0x01;

const ECDSA_WITH_SHA256 = '2a8648ce3d040302';
const COMMON_NAME = '550403';
const ALTERNATIVE_NAMES = '551d11';
const BASIC_CONSTRAINTS = '551d13';
const EXTENDED_USAGE = '551d25';
const SERVER = '2b06010505070301';

/** @param names and addresses; the first is its common name. */
export function selfSigned(names: readonly string[], nowMs: number): ReadCertificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const algorithm = der(SEQUENCE, object(ECDSA_WITH_SHA256));
  const name = der(SEQUENCE, der(SET, der(SEQUENCE, object(COMMON_NAME), der(UTF8, Buffer.from(names[0]!)))));
  const serial = randomBytes(16);
  serial[0] = (serial[0]! & 0x3f) | 0x40; // positive, and never shorter
  const body = der(
    SEQUENCE, der(0xa0, der(INTEGER, Buffer.of(2))), der(INTEGER, serial), algorithm, name, der(SEQUENCE, time(nowMs - DAY_MS), time(nowMs + VALID_DAYS * DAY_MS)), name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, der(SEQUENCE, extension(ALTERNATIVE_NAMES, false, der(SEQUENCE, ...names.map(general))), extension(BASIC_CONSTRAINTS, true, der(SEQUENCE)), extension(EXTENDED_USAGE, false, der(SEQUENCE, object(SERVER))))),
  );
  const certificate = der(SEQUENCE, body, algorithm, der(BIT_STRING, Buffer.of(0), sign('sha256', body, privateKey)));
  return {
    chain: new X509Certificate(certificate).toString(), key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), ocsp: new Uint8Array(0),
    names: names.filter((one) => isIP(one) === 0), keyType: 'ec',
  };
}

/** X.690 §8.1: tag, length, value. */
function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const value = Buffer.concat(parts);
  if (value.length < 0x80) return Buffer.concat([Buffer.of(tag, value.length), value]);
  const length = Buffer.from(value.length.toString(16).padStart(value.length > 0xff ? 4 : 2, '0'), 'hex');
  return Buffer.concat([Buffer.of(tag, 0x80 | length.length), length, value]);
}

function object(hex: string): Buffer {
  return der(OBJECT, Buffer.from(hex, 'hex'));
}

/** GeneralizedTime, X.690 §11.7. */
function time(ms: number): Buffer {
  return der(TIME, Buffer.from(`${new Date(ms).toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`));
}

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  return der(SEQUENCE, object(id), ...(critical ? [der(BOOLEAN, Buffer.of(0xff))] : []), der(OCTET_STRING, value));
}

/** GeneralName, RFC 5280 §4.2.1.6: dNSName [2], iPAddress [7]. */
function general(name: string): Buffer {
  if (isIP(name) === 4) return der(0x87, Buffer.from(name.split('.').map(Number)));
  return isIP(name) === 6 ? der(0x87, groupsOf(name)) : der(0x82, Buffer.from(name));
}

function groupsOf(address: string): Buffer {
  const [before = '', after = ''] = address.split('::');
  const hex = (groups: string): string => groups.split(':').filter((group) => group !== '').map((group) => group.padStart(4, '0')).join('');
  return Buffer.from(hex(before) + hex(after).padStart(32 - hex(before).length, '0'), 'hex');
}
