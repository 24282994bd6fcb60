// Accept-Encoding on the wire: what is there, what is asked for, what is sent.

/** By the siblings that there are. `chosen`: the Content-Encoding, `identity`, or `406`. */
export const choiceCases: Readonly<Record<string, readonly (readonly [accept: string | undefined, chosen: string])[]>> = {
  'br zstd gzip': [
    [undefined, 'identity'], ['', 'identity'], ['identity', 'identity'], ['br', 'br'], ['zstd', 'zstd'], ['gzip', 'gzip'], ['x-gzip', 'gzip'], ['BR', 'br'], ['GZip', 'gzip'],
    ['gzip, deflate, br', 'br'], ['gzip, deflate, br, zstd', 'br'], ['gzip, zstd', 'zstd'], ['deflate', 'identity'], ['deflate, gzip;q=1.0, *;q=0.5', 'gzip'],
    ['br;q=0.5, gzip', 'gzip'], ['br;q=0.5, gzip;q=0.8, zstd;q=0.7', 'gzip'], ['br;q=0, gzip', 'gzip'], ['br;q=0', 'identity'], ['gzip;q=0.001', 'gzip'],
    ['*', 'br'], ['*;q=0.1', 'br'], ['br;q=0, *', 'zstd'], ['identity;q=0.5, *', 'br'], ['identity, gzip;q=0.5', 'identity'], ['identity;q=0.5, gzip;q=0.5', 'gzip'],
    ['identity;q=0', '406'], ['*;q=0', '406'], ['identity;q=0, br', 'br'], ['*;q=0, gzip', 'gzip'], ['*;q=0, identity', 'identity'], ['deflate, identity;q=0', '406'],
    ['br;q=0, zstd;q=0, gzip;q=0, identity;q=0', '406'], ['identity;q=0, *', 'br'], ['br ; q=0.3 , gzip ; q=0.9', 'gzip'], [', ,br,,', 'br'],
  ],
  gzip: [
    [undefined, 'identity'], ['br', 'identity'], ['gzip', 'gzip'], ['br, gzip', 'gzip'], ['br, gzip;q=0.1', 'gzip'], ['br, gzip;q=0', 'identity'], ['*', 'gzip'], ['gzip;q=0, *', 'identity'],
    ['br, identity;q=0', '406'], ['br, gzip, identity;q=0', 'gzip'], ['identity;q=0.8, gzip;q=0.5, br', 'identity'],
  ],
  nothing: [
    [undefined, 'identity'], ['br, gzip', 'identity'], ['*', 'identity'], ['identity;q=0', '406'], ['*;q=0', '406'], ['br, identity;q=0', '406'], ['br, *;q=0', '406'], ['gzip;q=0', 'identity'],
  ],
};

const any = ['identity', 'br', 'gzip', 'zstd', '406'];

/** On a file that would be compressed. */
export const hostileCodings: readonly (readonly [name: string, value: string, allowed: readonly string[]])[] = [
  ['thousands of members', 'a,'.repeat(4000), ['identity']],
  ['thousands of commas', ','.repeat(8000), ['identity']],
  ['thousands of gzips', 'gzip;q=0.5,'.repeat(700), ['gzip']],
  ['thousands of weights', `gzip${';q=1'.repeat(1500)}`, ['identity', '406']],
  ['one long name', 'g'.repeat(8000), ['identity']],
  ['white space', `gzip${' '.repeat(8000)};q=0`, ['identity']],
  ['a weight of thousands of digits', `gzip;q=0.${'1'.repeat(6000)}`, ['identity', '406']],
  ['a weight above one', 'gzip;q=9', ['identity']],
  ['a negative weight', 'br;q=-1', ['identity']],
  ['no weight', 'br;q=', ['identity']],
  ['not a number', 'br;q=NaN', ['identity']],
  ['quoted', '"gzip"', ['identity']],
  ['with a slash', 'gzip/br', ['identity']],
  ['semicolons', ';;;;', ['identity']],
  ['equals', '=,=;=', ['identity']],
  ['bytes', 'gzip\xff, br\x80', ['identity']],
  ['names of an object', '__proto__, constructor, toString, hasOwnProperty;q=1', ['identity']],
  ['refused twice', 'identity;q=0, identity;q=1', ['406']],
  ['stars', '*, *;q=0, **', any],
];
