// A trader in plain JavaScript, written from docs/wire-format.md alone.
//
//     node trade.mjs ADDRESS SCOPE AT
//
// ADDRESS is a unix socket or host:port, AT the first bar's close in µs. It publishes an input row, a prediction and its
// outcome as single events, then twelve predictions as one batch and their outcomes as another, which it sends
// twice, as after a lost reply. One prediction of the batch is NaN.

import { batch } from "./batch.mjs";
import { pack } from "./msgpack.mjs";
import { Redis } from "./redis.mjs";

const [address, scope, first] = process.argv.slice(2);
const [p, at] = ["js-1", Number(first)];
const minute = 60_000_000;
const redis = new Redis(address);
const [events, inputs] = [`clm:{${scope}}:events`, `clm:{${scope}}:inputs`];

const forecast = (n, symbol, value, at) => ({
  n, at, model_type: "lightgbm", version: "naive", symbol, horizon: 1, value, naive: 0.25,
});
const single = (k, row) => pack({ v: 1, k, p, ...row });

const columns = Buffer.alloc(8);
columns.writeFloatLE(1, 0);
columns.writeFloatLE(-1.5, 4);
await redis.add(inputs, pack({ symbol: "AAPL", at, schema: "js-1", x: columns }));
await redis.add(events, single("prediction", forecast(0, "AAPL", 0.5, at)));
await redis.add(events, single("outcome", { n: 1, at: at + minute, of: [p, 0], value: 0.75 }));

const rows = Array.from({ length: 12 }, (_, i) => forecast(i + 2, i % 2 ? "IBM" : "AAPL", i / 10, at + minute));
rows[5].value = NaN;
const outcomes = rows.map(({ n }, i) => ({ n: n + 12, at: at + 2 * minute, of: [p, n], value: i / 8 }));
await redis.add(events, pack(batch(p, rows)));
await redis.add(events, pack(batch(p, outcomes)));
await redis.add(events, pack(batch(p, outcomes)));
redis.close();
