//! Ways out that code might try. None leads anywhere.

use inglenook_sandbox::End;

use super::{ran, value};

/// Names that some engine gives code: each would be a way out.
const NAMES: [&str; 37] = [
    "std",
    "os",
    "bjson",
    "require",
    "module",
    "exports",
    "process",
    "Deno",
    "Bun",
    "fetch",
    "XMLHttpRequest",
    "WebSocket",
    "EventSource",
    "Worker",
    "SharedWorker",
    "importScripts",
    "WebAssembly",
    "navigator",
    "window",
    "document",
    "self",
    "global",
    "location",
    "localStorage",
    "indexedDB",
    "crypto",
    "print",
    "load",
    "loadScript",
    "scriptArgs",
    "__filename",
    "__dirname",
    "gc",
    "host_call",
    "write",
    "Atomics",
    "ShadowRealm",
];

#[test]
fn no_name_leads_out() {
    for name in NAMES {
        let text = format!(
            "[typeof {name}, '{name}' in globalThis, typeof this.{name}, typeof globalThis['{name}']]"
        );
        assert_eq!(
            value(&text),
            r#"["undefined",false,"undefined","undefined"]"#,
            "{name}"
        );
    }
}

/// All that code finds. A new version of the engine that brings more has to be looked at.
#[test]
fn what_there_is_is_known() {
    assert_eq!(
        value("Object.getOwnPropertyNames(globalThis).sort().join(' ')"),
        "AggregateError Array ArrayBuffer AsyncDisposableStack BigInt BigInt64Array BigUint64Array Boolean DOMException \
         DataView Date DisposableStack Error EvalError FinalizationRegistry Float16Array Float32Array Float64Array Function \
         Infinity Int16Array Int32Array Int8Array InternalError Iterator JSON Map Math NaN Number Object Promise Proxy \
         RangeError ReferenceError Reflect RegExp Set SharedArrayBuffer String SuppressedError Symbol SyntaxError TypeError \
         URIError Uint16Array Uint32Array Uint8Array Uint8ClampedArray WeakMap WeakRef WeakSet atob btoa clearInterval \
         clearTimeout console decodeURI decodeURIComponent encodeURI encodeURIComponent escape eval globalThis input \
         isFinite isNaN parseFloat parseInt performance queueMicrotask setInterval setTimeout undefined unescape"
    );
    assert_eq!(
        value("Object.getOwnPropertySymbols(globalThis).map(String)"),
        "[\"Symbol(Symbol.toStringTag)\"]"
    );
}

#[test]
fn no_module_is_loaded() {
    for name in [
        "fs",
        "node:fs",
        "node:child_process",
        "os",
        "std",
        "qjs:os",
        "qjs:std",
        "./code.js",
        "code.js",
        "inglenook",
        "/etc/passwd",
        "file:///etc/passwd",
        "http://127.0.0.1/x.js",
        "https://example.com/x.js",
        "data:text/javascript,export default 1",
        "",
    ] {
        for text in [
            format!("await import('{name}')"),
            format!("await eval(\"import('{name}')\")"),
            format!("await new Function(\"return import('{name}')\")()"),
        ] {
            let ran = ran(&text);
            assert!(matches!(ran.end, End::Threw(_)), "{text}: {ran:?}");
        }
    }
    for text in [
        "import fs from 'fs'",
        "import 'os'",
        "export const a = 1",
        "import.meta.url",
        "import.meta",
        "await import('data:text/javascript,1', {with: {type: 'json'}})",
    ] {
        let ran = ran(text);
        assert!(matches!(ran.end, End::Threw(_)), "{text}: {ran:?}");
    }
}

/// Each comes to `out` where it finds a way.
#[test]
fn no_trick_leads_out() {
    for text in [
        "typeof Function('return this')().process",
        "typeof (function () { return this })().process",
        "typeof (0, eval)('this').require",
        "typeof [].constructor.constructor('return process')",
        "try { [].constructor.constructor('return process')() } catch (e) { e.name }",
        "try { await (async () => {}).constructor('return fetch')() } catch (e) { e.name }",
        "try { (function* () {}).constructor('yield require')().next() } catch (e) { e.name }",
        "typeof console.log.constructor('return this')().write",
        "try { console.log.caller } catch (e) { e.name }",
        "try { console.log.arguments } catch (e) { e.name }",
        "try { setTimeout.caller } catch (e) { e.name }",
        "try { setTimeout('globalThis.x = 1') } catch (e) { e.name }",
        "console.log.toString().includes('native') ? 'native' : 'text'",
        "Error.prepareStackTrace = (_, frames) => frames.map(f => typeof f.getThis + typeof f.getFunction).join(); new Error('x').stack",
        "Error.stackTraceLimit = Infinity; new Error('x').stack.includes('/') ? 'out' : 'no'",
        "let seen = 'no'; const o = { toString() { seen = new Error('x').stack; return '' } }; console.log([o]); seen",
        "class Spy { get [Symbol.toStringTag]() { return Object.keys(this).join() } }; console.assert(true, new Spy()); 'no'",
        "({}).__proto__.__proto__ === null ? 'no' : 'out'",
        "Object.getPrototypeOf(console) === Object.prototype ? 'no' : 'out'",
        "Object.getPrototypeOf(globalThis) === Object.prototype ? 'no' : 'out'",
        "JSON.parse('{\"__proto__\": {\"polluted\": 1}}'); ({}).polluted === undefined ? 'no' : 'out'",
        "Object.assign({}, JSON.parse('{\"__proto__\": 1}')); 'no'",
        "new SharedArrayBuffer(8).byteLength === 8 ? 'no' : 'out'",
        "const buffer = new ArrayBuffer(8); buffer.transfer(16); try { new Uint8Array(buffer)[0] } catch (e) { e.name }",
        "const view = new DataView(new ArrayBuffer(8)); try { view.getUint8(1e9) } catch (e) { e.name }",
        "const a = new Uint8Array(8); [a[-1], a[1e9], a[2 ** 32]].every(n => n === undefined) ? 'no' : 'out'",
        "const a = new Float64Array(4); a.length = 1e9; a[1e8] === undefined ? 'no' : 'out'",
        "const a = [1, 2, 3]; a.sort(() => { a.length = 0; return 1 }); 'no'",
        "const a = [1, 2, 3]; a.splice(0, { valueOf() { a.length = 0; return 3 } }); 'no'",
        "const b = new ArrayBuffer(64, { maxByteLength: 128 }); const t = new Uint8Array(b); b.resize(0); t[63] === undefined ? 'no' : 'out'",
        "const t = new Uint8Array(64); try { t.fill({ valueOf() { t.buffer.transfer(); return 1 } }) } catch (e) { e.name }",
        "'x'.replace(/x/, () => { RegExp.prototype.exec = null; return 'no' })",
        "new FinalizationRegistry(() => {}).register({}, 1); 'no'",
        "typeof new WeakRef({}).deref",
        "Reflect.construct(Promise, [() => {}], Object) && 'no'",
        "Promise.prototype.then = function () { return 'hijacked' }; 'no'",
        "Object.defineProperty(globalThis, 'input', { get() { return 'out' } }); 'no'",
        "const { log } = console; globalThis.console = { log() { return 'x' } }; typeof log",
        "Symbol.for('nodejs.util.inspect.custom').toString()",
        "atob(btoa('no'))",
        "performance.now() >= 0 ? 'no' : 'out'",
    ] {
        let ran = ran(text);
        let End::Value(Some(told)) = &ran.end else {
            panic!("{text}: {:?}", ran.end);
        };
        for out in [
            "out",
            "object",
            "/work",
            "/home",
            "/root",
            "src-tauri",
            "Wasm",
            "wasmi",
        ] {
            assert!(
                !told.contains(out) || told.starts_with("    at "),
                "{text}: {told}"
            );
        }
    }
}
