// As much of a Redis client as publishing takes: commands out, replies in, in order.

import { connect } from "node:net";

export class Redis {
  /** @param address a path of a unix socket, or host:port */
  constructor(address) {
    const [host, port] = address.split(":");
    this.socket = address.startsWith("/") ? connect(address) : connect(Number(port), host);
    this.waiting = [];
    this.received = Buffer.alloc(0);
    this.socket.on("data", (data) => this.take(data));
    this.socket.on("error", (error) => this.waiting.splice(0).forEach(({ reject }) => reject(error)));
  }

  /** Append an entry to a stream; its id. */
  add(stream, data) {
    return this.command("XADD", stream, "*", "d", data);
  }

  command(...words) {
    const parts = words.map((word) => Buffer.from(word));
    const framed = parts.flatMap((part) => [Buffer.from(`$${part.length}\r\n`), part, Buffer.from("\r\n")]);
    this.socket.write(Buffer.concat([Buffer.from(`*${parts.length}\r\n`), ...framed]));
    return new Promise((resolve, reject) => this.waiting.push({ resolve, reject }));
  }

  take(data) {
    this.received = Buffer.concat([this.received, data]);
    for (let end; (end = this.received.indexOf("\r\n")) >= 0; ) {
      const line = this.received.toString("utf8", 0, end);
      const body = line[0] === "$" ? Number(line.slice(1)) : -1;
      const size = end + 2 + (body < 0 ? 0 : body + 2);
      if (this.received.length < size) return;
      const text = body < 0 ? line.slice(1) : this.received.toString("utf8", end + 2, size - 2);
      this.received = this.received.subarray(size);
      const { resolve, reject } = this.waiting.shift();
      if (line[0] === "-") reject(new Error(text));
      else resolve(text);
    }
  }

  close() {
    this.socket.end();
  }
}
