// Rows of one producer as a batch. A row is {n, at, model_type, version, symbol, horizon, value, naive} or
// {n, at, of: [p, n], value}.

/** The map of a batch. */
export function batch(p, rows) {
  const predictions = rows.filter((row) => !row.of);
  const outcomes = rows.filter((row) => row.of);
  const times = table(rows.map((row) => row.at));
  const base = rows[0].n;
  return {
    v: 1, k: "batch", p, n: base, rows: rows.length,
    dn: rows.every((row, i) => row.n === base + i) ? undefined : unsigned(rows.map((row) => row.n - base)),
    at: times.values, i: chosen(times),
    o: outcomes.length ? bitmap(rows.map((row) => Boolean(row.of))) : undefined,
    ...(predictions.length ? columnsOfPredictions(predictions) : {}),
    ...(outcomes.length ? columnsOfOutcomes(outcomes) : {}),
  };
}

function columnsOfPredictions(rows) {
  const keys = table(rows.map((row) => JSON.stringify([row.model_type, row.version, row.symbol, row.horizon])));
  const parts = keys.values.map((key) => JSON.parse(key));
  const strings = table([0, 1, 2].flatMap((part) => parts.map((key) => key[part])));
  return {
    s: strings.values, nk: parts.length,
    keys: unsigned([...strings.places, ...parts.map((key) => key[3])]),
    key: chosen(keys),
    value: floats(rows.map((row) => row.value)),
    naive: floats(rows.map((row) => row.naive)),
  };
}

function columnsOfOutcomes(rows) {
  const producers = table(rows.map((row) => row.of[0]));
  const bases = producers.values.map((p) => Math.min(...rows.filter((row) => row.of[0] === p).map((row) => row.of[1])));
  return {
    ofs: producers.values.map((p, place) => [p, bases[place]]),
    ofp: chosen(producers),
    of: unsigned(rows.map((row, i) => row.of[1] - bases[producers.places[i]])),
    outcome: floats(rows.map((row) => row.value)),
  };
}

/** The distinct values in the order in which they appear, and each element's place among them. */
function table(elements) {
  const values = [...new Set(elements)];
  return { values, places: elements.map((each) => values.indexOf(each)) };
}

function chosen({ values, places }) {
  return values.length > 1 ? unsigned(places) : undefined;
}

function bitmap(flags) {
  const bytes = Buffer.alloc(Math.ceil(flags.length / 8));
  flags.forEach((flag, i) => { if (flag) bytes[i >> 3] |= 1 << (i & 7); });
  return bytes;
}

function unsigned(elements) {
  const width = [1, 2, 4, 6].find((width) => Math.max(...elements) < 2 ** (8 * width));
  const step = width === 6 ? 8 : width; // a JavaScript integer has 53 bits; the rest of the 8 bytes stay 0
  const bytes = Buffer.alloc(elements.length * step);
  elements.forEach((each, i) => bytes.writeUIntLE(each, i * step, width));
  return bytes;
}

function floats(elements) {
  const narrow = elements.every((each) => Object.is(Math.fround(each), each));
  const bytes = Buffer.alloc(elements.length * (narrow ? 4 : 8));
  elements.forEach((each, i) => (narrow ? bytes.writeFloatLE(each, i * 4) : bytes.writeDoubleLE(each, i * 8)));
  return bytes;
}
