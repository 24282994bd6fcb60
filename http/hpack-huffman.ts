/**
 * The Huffman code of HPACK, RFC 7541 Appendix B. It is canonical: codes of one length are in the order of their symbols, so
 * lengths are all there is to know.
 *
 * Decoding takes half a byte at a time. No code is shorter than five bits, so half a byte ends one at most.
 *
 *   step = next node (9 bits)  symbol (8)  EMITS (1)
 */
const EOS = 256;

/** Bits of the code of each byte, and of EOS. */
const LENGTHS: readonly number[] = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
  6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
  15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
  20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
  22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
  26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
  20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
  30,
];

const LENGTH_MAX = 30;
/** Padding is the most significant bits of EOS, fewer than eight (§5.2). */
const PADDING_BITS_MAX = 7;

const CODES = canonicalCodes();

function canonicalCodes(): Uint32Array {
  const codes = new Uint32Array(LENGTHS.length);
  let code = 0;
  for (let length = 1; length <= LENGTH_MAX; ++length) {
    for (const [symbol, of] of LENGTHS.entries()) if (of === length) codes[symbol] = code++;
    code *= 2;
  }
  return codes;
}

const NODE_BITS = 9;
const NODE_MASK = (1 << NODE_BITS) - 1;
const EMITS = 1 << (NODE_BITS + 8);
/** In place of a node: no code is like this, or it is EOS, which is an error. */
const FAILS = NODE_MASK;

interface Node {
  readonly index: number;
  readonly children: (Node | number | undefined)[];
}

/** Nodes with their children: other nodes, or symbols. The first is the root. */
function tree(): readonly Node[] {
  const nodes: Node[] = [{ index: 0, children: [] }];
  for (const [symbol, length] of LENGTHS.entries()) {
    let node = nodes[0]!;
    for (let bit = length - 1; bit >= 0; --bit) {
      const side = (CODES[symbol]! >>> bit) & 1;
      if (bit === 0) {
        node.children[side] = symbol;
        break;
      }
      const child = node.children[side];
      const next = typeof child === 'object' ? child : { index: nodes.length, children: [] };
      if (child === undefined) nodes.push((node.children[side] = next));
      node = next;
    }
  }
  return nodes;
}

const NODES = tree();
const STEPS = steps();
/** Nodes at which a string may end. */
const ENDS = ends();

function steps(): Uint32Array {
  const all = new Uint32Array(NODES.length * 16);
  for (const node of NODES) for (let half = 0; half < 16; ++half) all[node.index * 16 + half] = step(node, half);
  return all;
}

function step(from: Node, half: number): number {
  let node = from;
  let emitted = 0;
  for (let bit = 3; bit >= 0; --bit) {
    const child = node.children[(half >> bit) & 1];
    if (child === undefined || child === EOS) return FAILS;
    if (typeof child === 'object') {
      node = child;
    } else {
      emitted = EMITS | (child << NODE_BITS);
      node = NODES[0]!;
    }
  }
  return emitted | node.index;
}

function ends(): Uint8Array {
  const all = new Uint8Array(NODES.length);
  let node: Node | number | undefined = NODES[0];
  for (let bits = 0; bits <= PADDING_BITS_MAX && typeof node === 'object'; ++bits) {
    all[node.index] = 1;
    node = node.children[1];
  }
  return all;
}

/** Writes what bytes[start, end) stand for at into[at...], which has room for 8/5 of them. @returns the offset just past it; -1: they are no such string. */
export function decodeHuffman(bytes: Uint8Array, start: number, end: number, into: Uint8Array, at: number): number {
  let node = 0;
  let to = at;
  for (let i = start; i < end; ++i) {
    const byte = bytes[i]!;
    for (let shift = 4; shift >= 0; shift -= 4) {
      const taken = STEPS[node * 16 + ((byte >> shift) & 15)]!;
      node = taken & NODE_MASK;
      if (node === FAILS) return -1;
      if ((taken & EMITS) !== 0) into[to++] = (taken >> NODE_BITS) & 0xff;
    }
  }
  return ENDS[node] === 1 ? to : -1;
}

/** Of the coded string. */
export function huffmanBytes(bytes: Uint8Array): number {
  let bits = 0;
  for (const byte of bytes) bits += LENGTHS[byte]!;
  return Math.ceil(bits / 8);
}

/** @returns the offset just past it; `into` has room for huffmanBytes(). */
export function encodeHuffman(bytes: Uint8Array, into: Uint8Array, at: number): number {
  let to = at;
  let held = 0;
  let bits = 0;
  for (const byte of bytes) {
    for (let left = LENGTHS[byte]!; left > 0;) {
      const taken = Math.min(left, 8 - bits);
      left -= taken;
      held = (held << taken) | ((CODES[byte]! >>> left) & ((1 << taken) - 1));
      bits += taken;
      if (bits < 8) continue;
      into[to++] = held;
      held = bits = 0;
    }
  }
  if (bits > 0) into[to++] = ((held + 1) << (8 - bits)) - 1;
  return to;
}
