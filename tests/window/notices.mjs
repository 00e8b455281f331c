// A desktop's notification service on a session bus, as far as the app speaks to one: it takes notifications in and
// clicks on them. The protocol is spoken here directly, for there is no library in the system's packages that serves
// without a main loop of its own. Little-endian, version 1, only the types that are needed.
import { connect } from "node:net";

import { until } from "./driver.mjs";

const NAME = "org.freedesktop.Notifications";
const PATH = "/org/freedesktop/Notifications";
const [CALL, RETURN, , SIGNAL] = [1, 2, 3, 4];
const [FIELD_PATH, FIELD_INTERFACE, FIELD_MEMBER, , FIELD_REPLY, FIELD_TO, FIELD_FROM, FIELD_TYPES] = [1, 2, 3, 4, 5, 6, 7, 8];

// Writes values one after the other, each at its own boundary.
class Writer {
  bytes = [];
  to(boundary) {
    while (this.bytes.length % boundary !== 0) this.bytes.push(0);
  }
  number(value) {
    this.to(4);
    const four = Buffer.alloc(4);
    four.writeUInt32LE(value);
    this.bytes.push(...four);
  }
  text(value) {
    this.number(Buffer.byteLength(value));
    this.bytes.push(...Buffer.from(value), 0);
  }
  types(value) {
    this.bytes.push(value.length, ...Buffer.from(value), 0);
  }
  texts(values) {
    const inner = new Writer();
    for (const value of values) inner.text(value);
    this.number(inner.bytes.length);
    this.bytes.push(...inner.bytes);
  }
}

class Reader {
  constructor(bytes, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }
  to(boundary) {
    this.at = Math.ceil(this.at / boundary) * boundary;
  }
  number() {
    this.to(4);
    this.at += 4;
    return this.bytes.readUInt32LE(this.at - 4);
  }
  text() {
    const length = this.number();
    this.at += length + 1;
    return this.bytes.toString("utf8", this.at - length - 1, this.at - 1);
  }
  types() {
    const length = this.bytes[this.at];
    this.at += length + 2;
    return this.bytes.toString("utf8", this.at - length - 1, this.at - 1);
  }
  texts() {
    const end = this.number() + this.at;
    const values = [];
    while (this.at < end) values.push(this.text());
    return values;
  }
}

export class NotificationService {
  // Every notification that came: title, text, actions.
  shown = [];
  #serial = 0;
  #rest = Buffer.alloc(0);

  static async on(address) {
    const service = new NotificationService();
    const path = /unix:path=([^,]+)/.exec(address)?.[1] ?? `\0${/unix:abstract=([^,]+)/.exec(address)[1]}`;
    service.socket = connect(path);
    const uid = Buffer.from(String(process.getuid())).toString("hex");
    service.socket.write(`\0AUTH EXTERNAL ${uid}\r\n`);
    await new Promise((resolve) => service.socket.once("data", resolve));
    service.socket.write("BEGIN\r\n");
    service.socket.on("data", (data) => service.#take(data));
    service.#ask("Hello", "", () => {});
    service.#ask("RequestName", "su", (body) => {
      body.text(NAME);
      body.number(4);
    });
    await until(() => service.owns, "the notification service is on the bus");
    return service;
  }

  // Clicks on the notification that came at this place.
  click(at = 0) {
    this.#signal("ActionInvoked", "us", (body) => {
      body.number(at + 1);
      body.text("default");
    });
    this.close(at);
  }

  // Puts it away.
  close(at = 0) {
    this.#signal("NotificationClosed", "uu", (body) => {
      body.number(at + 1);
      body.number(2);
    });
  }

  end() {
    this.socket.destroy();
  }

  #ask(member, types, write) {
    const bus = "org.freedesktop.DBus";
    this.#send(CALL, [[FIELD_PATH, "o", "/org/freedesktop/DBus"], [FIELD_TO, "s", bus], [FIELD_INTERFACE, "s", bus], [FIELD_MEMBER, "s", member]], types, write);
  }

  #signal(member, types, write) {
    this.#send(SIGNAL, [[FIELD_PATH, "o", PATH], [FIELD_INTERFACE, "s", NAME], [FIELD_MEMBER, "s", member]], types, write);
  }

  #answer(call, types, write) {
    this.#send(RETURN, [[FIELD_REPLY, "u", call.serial], [FIELD_TO, "s", call.from]], types, write);
  }

  #send(kind, fields, types, write) {
    const body = new Writer();
    write(body);
    const inner = new Writer();
    for (const [code, type, value] of types ? [...fields, [FIELD_TYPES, "g", types]] : fields) {
      inner.to(8);
      inner.bytes.push(code);
      inner.types(type);
      if (type === "u") inner.number(value);
      else if (type === "g") inner.types(value);
      else inner.text(value);
    }
    const message = new Writer();
    message.bytes.push("l".charCodeAt(0), kind, 1, 1);
    message.number(body.bytes.length);
    message.number(++this.#serial);
    message.number(inner.bytes.length);
    message.bytes.push(...inner.bytes);
    message.to(8);
    this.socket.write(Buffer.from([...message.bytes, ...body.bytes]));
  }

  #take(data) {
    this.#rest = Buffer.concat([this.#rest, data]);
    while (this.#rest.length >= 16) {
      const head = Math.ceil((16 + this.#rest.readUInt32LE(12)) / 8) * 8;
      const length = head + this.#rest.readUInt32LE(4);
      if (this.#rest.length < length) return;
      const message = this.#rest.subarray(0, length);
      this.#rest = this.#rest.subarray(length);
      this.#heard(message, head);
    }
  }

  #heard(message, head) {
    const call = { kind: message[1], serial: message.readUInt32LE(8) };
    const fields = new Reader(message, 16);
    const end = 16 + message.readUInt32LE(12);
    while (fields.at < end) {
      fields.to(8);
      const code = message[fields.at++];
      const type = fields.types();
      const value = type === "u" ? fields.number() : type === "g" ? fields.types() : fields.text();
      if (code === FIELD_MEMBER) call.member = value;
      if (code === FIELD_FROM) call.from = value;
    }
    if (call.member === "NameAcquired") {
      this.owns ||= new Reader(message.subarray(head)).text() === NAME;
    } else if (call.kind === CALL && call.member === "GetCapabilities") {
      this.#answer(call, "as", (body) => body.texts(["actions", "body", "body-markup"]));
    } else if (call.kind === CALL && call.member === "Notify") {
      const body = new Reader(message.subarray(head));
      const [program, , , title, text] = [body.text(), body.number(), body.text(), body.text(), body.text()];
      this.shown.push({ program, title, text, actions: body.texts() });
      this.#answer(call, "u", (answer) => answer.number(this.shown.length));
    }
  }
}
