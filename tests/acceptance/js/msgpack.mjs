// The part of MessagePack that the wire format uses: map, array, str, bin, integer, float.

/** A JavaScript value as MessagePack. Numbers without a fraction become integers. */
export function pack(value) {
  if (typeof value === "string") return str(value);
  if (typeof value === "number") return Number.isInteger(value) && !Object.is(value, -0) ? integer(value) : float(value);
  if (value instanceof Uint8Array) return Buffer.concat([head(value.length, [[8, 0xc4], [16, 0xc5], [32, 0xc6]]), value]);
  if (Array.isArray(value)) return Buffer.concat([container(value.length, 0x90, 0xdc), ...value.map(pack)]);
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  return Buffer.concat([container(entries.length, 0x80, 0xde), ...entries.flatMap(([key, each]) => [str(key), pack(each)])]);
}

function str(text) {
  const bytes = Buffer.from(text, "utf8");
  const start = bytes.length < 32 ? Buffer.of(0xa0 | bytes.length) : head(bytes.length, [[8, 0xd9], [16, 0xda], [32, 0xdb]]);
  return Buffer.concat([start, bytes]);
}

function integer(value) {
  if (value >= 0 && value < 128) return Buffer.of(value);
  const bytes = Buffer.alloc(9, 0xd3); // int 64
  bytes.writeBigInt64BE(BigInt(value), 1);
  return bytes;
}

function float(value) {
  const bytes = Buffer.alloc(9, 0xcb); // float 64
  bytes.writeDoubleBE(value, 1);
  return bytes;
}

function container(size, fixed, wide) {
  return size < 16 ? Buffer.of(fixed | size) : head(size, [[16, wide], [32, wide + 1]]);
}

/** The narrowest of some headers, each [bits of the length, first byte]. */
function head(length, forms) {
  const [bits, first] = forms.find(([bits]) => length < 2 ** bits);
  const bytes = Buffer.alloc(1 + bits / 8, first);
  bytes.writeUIntBE(length, 1, bits / 8);
  return bytes;
}
