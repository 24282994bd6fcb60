// What is wrong with addresses and options of origins.

export const wrongAddresses: readonly string[] = [
  '', 'app', 'app:3000', '//app', 'ftp://app', 'http:/app', 'http://', 'http://app:99999', 'http://app:0', 'http://app/path', 'http://app/?q', 'http://app/#f',
  'http://user@app', 'http://user:password@app', 'http://a b', 'http://[::1', 'unix:', 'unix:run/app.sock', 'unix:/a\0b', `unix:/${'a'.repeat(107)}`, 'unix:/a:http://app/path',
  ' http://app', 'javascript:alert(1)',
];

type Case = readonly [options: object, faults: readonly RegExp[]];

export const faultCases: readonly Case[] = [
  [{}, []],
  [{ urls: [{ url: 'http://app', weight: 3 }, 'http://other'] }, []],
  [{ tls: { ca: ['-----BEGIN CERTIFICATE-----'], servername: 'a.b', rejectUnauthorized: false } }, []],
  [{ health: { failuresMax: 1, backoffMs: 10, backoffMsMax: 10, active: { path: '/h', intervalMs: 10, timeoutMs: 1, expectStatus: 204 } } }, []],
  [{ urls: undefined }, [/^origins\.urls must be a list/]],
  [{ urls: [] }, [/^origins\.urls must be a list/]],
  [{ urls: 'http://app' }, [/^origins\.urls must be a list/]],
  [{ urls: Array(257).fill('http://app') }, [/^origins\.urls must be a list/]],
  [{ urls: [1, null, { weight: 1 }] }, [/^origins\.urls\[0\] must be http:\/\/host:port.*, not 1$/, /urls\[1\] must be .*, not null$/, /urls\[2\]\.url must be .*, and is missing$/]],
  [{ urls: ['http://app/path', 'ftp://app'] }, [/must end behind/, /not http/]],
  [{ urls: ['http://app', 'http://app'] }, [/given twice/]],
  [{ urls: [{ url: 'http://app', weight: 0 }] }, [/^origins\.urls\[0\]\.weight must be a whole number from 1 to 1000, not 0$/]],
  [{ urls: [{ url: 'http://app', weight: 1.5 }] }, [/weight/]],
  [{ urls: [{ url: 'http://app', name: 'a' }, { url: 'http://other', name: 'b' }] }, []],
  [{ urls: [{ url: 'http://app', name: 'a' }, { url: 'http://other', name: 'a' }, { url: 'http://third', name: '' }] }, [/^origins\.urls\[2\]\.name must be a name, not ""$/, /^origins\.urls: two origins have the name "a"$/]],
  [{ urls: [{ url: 'http://app', weigth: 1 }] }, [/^unknown option "origins\.urls\[0\]\.weigth"; did you mean weight\?$/]],
  [{ ulrs: [], conectTimeoutMs: 1 }, [/unknown option "origins\.ulrs"/, /unknown option "origins\.conectTimeoutMs"/]],
  [{ balance: 'random' }, [/^origins\.balance/]],
  [{ connectionsMax: 0 }, [/^origins\.connectionsMax must be a whole number from 1 to 65535, not 0/]],
  [{ headTimeoutMs: -1, bodyTimeoutMs: 0.5, retriesMax: 11, keepAliveMs: '4' }, [/headTimeoutMs/, /bodyTimeoutMs/, /keepAliveMs/, /retriesMax/]],
  [{ connectTimeoutMs: NaN }, [/connectTimeoutMs/]],
  [{ headBytesMax: 10 }, [/headBytesMax/]],
  [{ tls: 'yes' }, [/^origins\.tls must be an object/]],
  [{ tls: { ca: 'file.pem', servername: 'a b', rejectUnauthorized: 'no', cert: '' } }, [/unknown option "origins\.tls\.cert"/, /tls\.ca/, /servername/, /rejectUnauthorized/]],
  [{ tls: { ca: [1] } }, [/tls\.ca/]],
  [{ health: [] }, [/^origins\.health must be an object/]],
  [{ health: { failures: 1, failuresMax: 0, backoffMs: 5_000, backoffMsMax: 1_000 } }, [/unknown option "origins\.health\.failures"/, /failuresMax/, /must not exceed/]],
  [{ health: { active: true } }, [/^origins\.health\.active must be an object, not true$/]],
  [{ health: { active: { path: 'health', expectStatus: 99, intervalMs: 1, every: 1 } } }, [/unknown option "origins\.health\.active\.every"/, /active\.path/, /expectStatus/, /intervalMs/]],
  [{ health: { active: { path: '/a b' } } }, [/active\.path/]],
];
