//! All that the engine may ask of us: the hour, the zone, random numbers, and to take a line that was written.
//!
//! The danger is here alone: each function is a hole in the wall. None takes an address beyond the engine's own memory
//! (wasmi checks each), none has an effect outside of this struct.

use std::collections::HashMap;
use std::time::Instant;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use wasmi::{Caller, Error, Linker, Memory, StoreLimits, WasmParams, WasmResults};

/// A JSValue in a box, by its address in the engine's memory.
pub(crate) type Boxed = i32;

/// What a store holds beside the engine.
pub(crate) struct Host {
    pub limits: StoreLimits,
    pub written: String,
    pub left_out: u64,
    /// Bytes of what is written that are kept.
    pub room: usize,
    pub now: Timestamp,
    pub begun: Instant,
    pub zone: TimeZone,
    /// Promises that were rejected and that nobody looks at so far, by the address of each.
    pub unseen: HashMap<i32, Unseen>,
    /// How many promises were rejected with nobody looking.
    pub rejected: u64,
    /// While it starts the engine asks for the hour once, to make its random numbers from: it is given one by chance.
    pub is_starting: bool,
}

/// A promise that was rejected.
pub(crate) struct Unseen {
    pub order: u64,
    /// Kept, or its address would come to be another's.
    promise: Boxed,
    pub reason: Boxed,
}

/// WASI's clock that tells the hour; any other measures.
const REALTIME: i32 = 0;
/// What WASI calls success, and what is no descriptor.
const SUCCESS: i32 = 0;
const NO_DESCRIPTOR: i32 = 8;
/// Enough for any of the engine's small functions that we call from within.
const ASIDE: u64 = 1 << 32;

impl Host {
    fn write(&mut self, line: &str, left_out: u64) {
        let before = self.written.len();
        let room = self.room.saturating_sub(before);
        let kept = &line[..line.floor_char_boundary(room)];
        self.written.push_str(kept);
        let rest = line[kept.len()..].chars().count();
        self.left_out += left_out + u64::try_from(rest).unwrap_or(u64::MAX);
        // no line break for what is left out as a whole
        if self.written.len() > before || line.is_empty() && room > 0 {
            self.written.push('\n');
        }
    }

    /// Nanoseconds, in whole milliseconds: enough to date something, and too coarse to measure a processor by.
    fn clock(&self, which: i32) -> Result<i64, Error> {
        let passed = self.begun.elapsed();
        let nanoseconds = if which != REALTIME {
            i64::try_from(passed.as_nanos()).unwrap_or(i64::MAX)
        } else if self.is_starting {
            let mut bytes = [0; 8];
            getrandom::fill(&mut bytes).map_err(|_| no_chance())?;
            return Ok(i64::from_le_bytes(bytes) & (i64::MAX >> 1));
        } else {
            let passed = SignedDuration::try_from(passed).unwrap_or_default();
            let now = self.now.checked_add(passed).unwrap_or(self.now);
            i64::try_from(now.as_nanosecond()).unwrap_or(i64::MAX)
        };
        Ok(nanoseconds - nanoseconds.rem_euclid(1_000_000))
    }
}

/// Names everything that the engine imports; one that is missing here keeps it from starting.
pub(crate) fn functions(linker: &mut Linker<Host>) -> Result<(), Error> {
    let env = "env";
    linker.func_wrap(env, "host_call", call)?;
    linker.func_wrap(env, "host_promise_rejection", rejection)?;
    linker.func_wrap(env, "host_get_timezone_offset", offset)?;
    // a run is ended from outside; the engine is not asked
    linker.func_wrap(env, "host_interrupt", || -> i32 { 0 })?;
    // there are no modules
    linker.func_wrap(env, "host_module_normalize", |_: i32, _: i32| -> i32 { 0 })?;
    linker.func_wrap(env, "host_module_load", |_: i32, _: i32| -> i32 { 0 })?;
    let wasi = "wasi_snapshot_preview1";
    linker.func_wrap(wasi, "clock_time_get", clock_time)?;
    linker.func_wrap(wasi, "random_get", random)?;
    // there are no files, and what the engine itself would print is nobody's
    linker.func_wrap(wasi, "fd_close", |_: i32| -> i32 { NO_DESCRIPTOR })?;
    linker.func_wrap(wasi, "fd_fdstat_get", |_: i32, _: i32| -> i32 { NO_DESCRIPTOR })?;
    linker.func_wrap(wasi, "fd_seek", |_: i32, _: i64, _: i32, _: i32| -> i32 {
        NO_DESCRIPTOR
    })?;
    linker.func_wrap(wasi, "fd_write", |_: i32, _: i32, _: i32, _: i32| -> i32 {
        NO_DESCRIPTOR
    })?;
    Ok(())
}

/// The only function that code can be given: `write(line, characters left out)`.
fn call(
    mut caller: Caller<'_, Host>,
    _name: i32,
    _length: i32,
    _this: Boxed,
    count: i32,
    arguments: i32,
) -> Result<Boxed, Error> {
    if count >= 2 {
        let line = read_u32(&caller, arguments)?;
        let left_out = read_u32(&caller, arguments.wrapping_add(4))?;
        let is_text: i32 = aside(&mut caller, "qjs_is_string", line)?;
        let is_number: i32 = aside(&mut caller, "qjs_is_number", left_out)?;
        if is_text != 0 && is_number != 0 {
            let line = text(&mut caller, line)?;
            let left_out: f64 = aside(&mut caller, "qjs_get_float64", left_out)?;
            if let Some(line) = line {
                // a float of ours is a count, and casts saturate
                caller.data_mut().write(&line, left_out as u64);
            }
        }
    }
    aside(&mut caller, "qjs_get_undefined", ())
}

/// Told of each promise that is rejected with nobody looking, and again when somebody looks. Both boxes are ours.
fn rejection(mut caller: Caller<'_, Host>, promise: Boxed, reason: Boxed, is_seen: i32) -> Result<(), Error> {
    let object: i32 = aside(&mut caller, "qjs_get_value_ptr", promise)?;
    let host = caller.data_mut();
    let over = if is_seen == 0 {
        host.rejected += 1;
        let order = host.rejected;
        let unseen = Unseen {
            order,
            promise,
            reason,
        };
        host.unseen.insert(object, unseen)
    } else {
        let over = host.unseen.remove(&object);
        for boxed in [promise, reason] {
            let () = aside(&mut caller, "qjs_free_value", boxed)?;
        }
        over
    };
    for boxed in over.into_iter().flat_map(|one| [one.promise, one.reason]) {
        let () = aside(&mut caller, "qjs_free_value", boxed)?;
    }
    Ok(())
}

/// Seconds east of UTC at a time, which comes as two halves of the seconds since 1970.
fn offset(caller: Caller<'_, Host>, high: i32, low: i32) -> i32 {
    let seconds = (i64::from(high) << 32) | i64::from(low.cast_unsigned());
    let at = Timestamp::from_second(seconds).unwrap_or(caller.data().now);
    caller.data().zone.to_offset(at).seconds()
}

fn clock_time(mut caller: Caller<'_, Host>, which: i32, _precision: i64, into: i32) -> Result<i32, Error> {
    let nanoseconds = caller.data().clock(which)?;
    memory(&caller)?
        .write(&mut caller, at(into), &nanoseconds.to_le_bytes())
        .map_err(|_| outside())?;
    Ok(SUCCESS)
}

fn random(mut caller: Caller<'_, Host>, into: i32, length: i32) -> Result<i32, Error> {
    let memory = memory(&caller)?;
    let (from, length) = (at(into), at(length));
    let bytes = from
        .checked_add(length)
        .and_then(|end| memory.data_mut(&mut caller).get_mut(from..end))
        .ok_or_else(outside)?;
    getrandom::fill(bytes).map_err(|_| no_chance())?;
    Ok(SUCCESS)
}

/// Calls a small function of the engine while another of it waits for us. Its steps are not of the run's fuel.
fn aside<P: WasmParams, R: WasmResults>(
    caller: &mut Caller<'_, Host>,
    name: &str,
    given: P,
) -> Result<R, Error> {
    let function = caller
        .get_export(name)
        .and_then(wasmi::Extern::into_func)
        .ok_or_else(|| Error::new("the engine lacks a function"))?
        .typed::<P, R>(&*caller)?;
    let left = caller.get_fuel()?;
    caller.set_fuel(ASIDE)?;
    let result = function.call(&mut *caller, given);
    caller.set_fuel(left)?;
    result
}

/// A string of the engine; `None` where it has no memory left to give it.
fn text(caller: &mut Caller<'_, Host>, boxed: Boxed) -> Result<Option<String>, Error> {
    let length: i32 = aside(caller, "wasm_malloc", 4)?;
    if length == 0 {
        return Ok(None);
    }
    let from: i32 = aside(caller, "qjs_get_string_len", (boxed, length))?;
    let mut text = None;
    if from != 0 {
        let (start, count) = (at(from), at(read_u32(caller, length)?));
        let bytes = start
            .checked_add(count)
            .and_then(|end| memory(caller).ok()?.data(&*caller).get(start..end))
            .ok_or_else(outside)?;
        text = Some(String::from_utf8_lossy(bytes).into_owned());
        let () = aside(caller, "qjs_free_cstring", from)?;
    }
    let () = aside(caller, "wasm_free", length)?;
    Ok(text)
}

fn memory(caller: &Caller<'_, Host>) -> Result<Memory, Error> {
    caller
        .get_export("memory")
        .and_then(wasmi::Extern::into_memory)
        .ok_or_else(|| Error::new("the engine lacks a memory"))
}

fn read_u32(caller: &Caller<'_, Host>, from: i32) -> Result<i32, Error> {
    let mut bytes = [0; 4];
    memory(caller)?
        .read(caller, at(from), &mut bytes)
        .map_err(|_| outside())?;
    Ok(i32::from_le_bytes(bytes))
}

/// Addresses are unsigned, and on a machine of 64 bits none is lost.
pub(crate) fn at(address: i32) -> usize {
    usize::try_from(address.cast_unsigned()).unwrap_or(usize::MAX)
}

fn no_chance() -> Error {
    Error::new("no random numbers")
}

fn outside() -> Error {
    Error::new("an address outside of the memory")
}
