// What code finds besides the language: `console`, timers, `input`. It runs before any other code and keeps what it
// needs for itself, so that no later change of a prototype changes what is told of a run.
(function (write, json) {
  "use strict";
  const { apply, ownKeys, getPrototypeOf, getOwnPropertyDescriptor } = Reflect;
  const { stringify, parse } = JSON;
  const { defineProperty } = Object;
  const { isArray } = Array;
  const { isView } = ArrayBuffer;
  const text = String;
  const same = Object.is;
  const least = Math.min;
  const method = (prototype, name) => {
    const taken = prototype[name];
    return (self, a, b) => apply(taken, self, [a, b]);
  };
  const getter = (prototype, name) => {
    const taken = getOwnPropertyDescriptor(prototype, name).get;
    return (self) => apply(taken, self, []);
  };
  const slice = method(String.prototype, "slice");
  const trimEnd = method(String.prototype, "trimEnd");
  const split = method(String.prototype, "split");
  const has = method(String.prototype, "includes");
  const tagOf = method(Object.prototype, "toString");
  const iso = method(Date.prototype, "toISOString");
  const instant = method(Date.prototype, "getTime");
  const describe = method(Symbol.prototype, "toString");
  const source = method(RegExp.prototype, "toString");
  const eachOfMap = method(Map.prototype, "forEach");
  const sizeOfMap = getter(Map.prototype, "size");
  const eachOfSet = method(Set.prototype, "forEach");
  const sizeOfSet = getter(Set.prototype, "size");
  const bytesOf = getter(ArrayBuffer.prototype, "byteLength");

  /** Characters of one text that are looked at; the rest is counted. */
  const MOST = 1 << 16;
  const DEEPEST = 40;

  const nameOf = (value) => {
    const made = getPrototypeOf(value);
    if (made === null) return "";
    const own = getOwnPropertyDescriptor(made, "constructor");
    const maker = own && own.value;
    const name = typeof maker === "function" ? getOwnPropertyDescriptor(maker, "name") : undefined;
    return name && typeof name.value === "string" ? name.value : "";
  };

  /** Where an error came from, without what is ours. */
  const lines = (stack) => {
    const all = split(stack, "\n");
    let kept = "";
    for (let at = 1; at < all.length; at++) if (!has(all[at], "(inglenook:")) kept += "\n" + all[at];
    return trimEnd(kept);
  };

  /** An error: what it is, then its lines, then what caused it. */
  const told = (error, height = 0) => {
    const own = (name) => {
      try {
        const value = error[name];
        return value === undefined ? "" : typeof value === "string" ? value : text(value);
      } catch {
        return "";
      }
    };
    const message = own("message");
    const head = (own("name") || "Error") + (message === "" ? "" : ": " + message);
    const all = head + lines("\n" + own("stack"));
    let cause;
    try {
      cause = error.cause;
    } catch {}
    if (!(cause instanceof Error) || height >= 8) return all;
    return all + "\nCaused by " + told(cause, height + 1);
  };

  /** A value as people read it: data as JSON, the rest close to it. */
  const shown = (value) => {
    let all = "";
    let full = false;
    const above = { __proto__: null };
    let height = 0;
    const put = (piece) => {
      if (full) return;
      all += piece;
      if (all.length > MOST) full = true;
    };
    const members = (object, isFirst) => {
      const keys = ownKeys(object);
      for (let at = 0; at < keys.length && !full; at++) {
        const key = keys[at];
        const property = getOwnPropertyDescriptor(object, key);
        if (!property || !property.enumerable) continue;
        if (!isFirst) put(",");
        isFirst = false;
        put((typeof key === "symbol" ? "[" + describe(key) + "]" : stringify(key)) + ":");
        walk(object[key]);
      }
    };
    const list = (array, count) => {
      put("[");
      for (let at = 0; at < count && !full; at++) {
        if (at > 0) put(",");
        walk(array[at]);
      }
      put("]");
    };
    const object = (value) => {
      if (isArray(value)) return list(value, value.length);
      const tag = slice(tagOf(value), 8, -1);
      const name = nameOf(value);
      if (tag === "Error" || value instanceof Error) return put(told(value));
      if (tag === "Date") {
        const at = instant(value);
        return put(at === at ? stringify(iso(value)) : "Invalid Date");
      }
      if (tag === "RegExp") return put(source(value));
      if (tag === "Map") {
        put("Map(" + sizeOfMap(value) + ") {");
        let isFirst = true;
        eachOfMap(value, (item, key) => {
          if (full) return;
          if (!isFirst) put(",");
          isFirst = false;
          walk(key);
          put(" => ");
          walk(item);
        });
        return put("}");
      }
      if (tag === "Set") {
        put("Set(" + sizeOfSet(value) + ") {");
        let isFirst = true;
        eachOfSet(value, (item) => {
          if (full) return;
          if (!isFirst) put(",");
          isFirst = false;
          walk(item);
        });
        return put("}");
      }
      if (tag === "ArrayBuffer") return put("ArrayBuffer(" + bytesOf(value) + ")");
      if (tag !== "DataView" && isView(value)) {
        put(tag + "(" + value.length + ") ");
        return list(value, value.length);
      }
      if (tag === "Promise" || tag === "WeakMap" || tag === "WeakSet" || tag === "WeakRef") {
        return put("[" + tag + "]");
      }
      if (tag === "Number" || tag === "String" || tag === "Boolean" || tag === "BigInt") {
        return put("[" + tag + ": " + stringify(text(value)) + "]");
      }
      if (name !== "" && name !== "Object") put(name + " ");
      put("{");
      members(value, true);
      put("}");
    };
    const walk = (value) => {
      if (full) return;
      switch (typeof value) {
        case "string":
          return put(stringify(value.length > MOST ? slice(value, 0, MOST) : value));
        case "number":
          return put(same(value, -0) ? "-0" : text(value));
        case "bigint":
          return put(text(value) + "n");
        case "symbol":
          return put(describe(value));
        case "function": {
          const name = getOwnPropertyDescriptor(value, "name");
          const known = name && typeof name.value === "string" && name.value !== "";
          return put(known ? "[Function " + name.value + "]" : "[Function]");
        }
        case "object":
          break;
        default:
          return put(text(value));
      }
      if (value === null) return put("null");
      for (let at = 0; at < height; at++) if (above[at] === value) return put("[Circular]");
      if (height >= DEEPEST) return put("…");
      above[height++] = value;
      object(value);
      height--;
    };
    walk(value);
    return all;
  };

  /** At the top a text is itself, and so is a date. */
  const top = (value) => {
    if (typeof value === "string") return value;
    try {
      if (typeof value === "object" && value !== null && slice(tagOf(value), 8, -1) === "Date") {
        const at = instant(value);
        return at === at ? iso(value) : "Invalid Date";
      }
      return shown(value);
    } catch (error) {
      return "(it cannot be shown: " + told(error) + ")";
    }
  };

  const log = (...values) => {
    let line = "";
    for (let at = 0; at < values.length; at++) line += (at === 0 ? "" : " ") + top(values[at]);
    const kept = line.length > MOST ? slice(line, 0, MOST) : line;
    write(kept, line.length - kept.length);
  };
  const nothing = () => {};
  const console = { log, info: log, debug: log, warn: log, error: log, trace: log, dir: log, table: log };
  console.group = log;
  console.groupEnd = console.time = console.timeEnd = nothing;
  console.assert = (holds, ...values) => {
    if (!holds) log("Assertion failed", ...values);
  };

  // Nothing waits here. When all else is done the timer that would be next runs at once, one after the other.
  const timers = { __proto__: null };
  let count = 0;
  let now = 0;
  let last = 0;
  const set = (repeats) =>
    (run, after, ...given) => {
      if (typeof run !== "function") throw new TypeError("a timer wants a function");
      const span = least(after > 0 ? +after : 0, 2 ** 31);
      timers[count++] = { id: ++last, due: now + span, span, repeats, run, given };
      return last;
    };
  const clear = (id) => {
    for (let at = 0; at < count; at++) {
      if (timers[at].id !== id) continue;
      timers[at] = timers[--count];
      delete timers[count];
      return;
    }
  };
  const tick = () => {
    if (count === 0) return false;
    let next = timers[0];
    for (let at = 1; at < count; at++) {
      const one = timers[at];
      if (one.due < next.due || (one.due === next.due && one.id < next.id)) next = one;
    }
    now = next.due;
    if (next.repeats) next.due = now + (next.span || 1);
    else clear(next.id);
    apply(next.run, undefined, next.given);
    return true;
  };

  const give = (name, value) =>
    defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
  give("console", console);
  give("setTimeout", set(false));
  give("setInterval", set(true));
  give("clearTimeout", clear);
  give("clearInterval", clear);
  give("input", json === undefined ? undefined : parse(json));

  // the engine wraps what a script comes to
  const unwrapped = (ended) => getOwnPropertyDescriptor(ended, "value").value;
  const value = (come) => (come === undefined ? undefined : top(come));
  const thrown = (error) => {
    if (typeof error === "object" && error !== null) return top(error);
    return "Uncaught " + shown(error);
  };
  return [value, thrown, tick, unwrapped];
});
