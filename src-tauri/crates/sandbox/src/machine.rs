//! One engine, and its functions called by name in slices of fuel.

use std::time::{Duration, Instant};

use wasmi::{
    Error, Instance, Linker, Memory, Store, StoreLimitsBuilder, TrapCode, TypedResumableCall, WasmParams,
    WasmResults,
};

use crate::host::{self, Boxed, Host};
use crate::{Bounds, Code, End, engine};

/// Steps between two looks at the clock and at whoever waits; some ten milliseconds.
const SLICE: u64 = 1 << 21;
/// Enough to lay out the engine's memory.
const START: u64 = 1 << 32;
/// Elements of tables: the engine's own, which do not grow.
const ELEMENTS: usize = 100_000;

/// An engine of its own for one run.
pub(crate) struct Machine<'a> {
    store: Store<Host>,
    instance: Instance,
    memory: Memory,
    until: Instant,
    is_left: &'a dyn Fn() -> bool,
}

impl<'a> Machine<'a> {
    pub fn new(code: &Code, bounds: &Bounds, is_left: &'a dyn Fn() -> bool) -> Result<Self, End> {
        let module = engine::module().ok_or(End::Absent)?;
        let limits = StoreLimitsBuilder::new()
            .memory_size(bounds.memory)
            .table_elements(ELEMENTS)
            .instances(1)
            .tables(1)
            .memories(1)
            .build();
        let host = Host {
            limits,
            written: String::new(),
            left_out: 0,
            room: bounds.output,
            now: code.now,
            begun: Instant::now(),
            zone: code.zone.clone(),
            unseen: std::collections::HashMap::new(),
            rejected: 0,
            is_starting: true,
        };
        let until = host.begun + bounds.span;
        let mut store = Store::new(module.engine(), host);
        store.limiter(|host| &mut host.limits);
        store.set_fuel(START).map_err(broken)?;
        let mut linker = Linker::new(module.engine());
        host::functions(&mut linker).map_err(broken)?;
        let instance = linker.instantiate_and_start(&mut store, module).map_err(broken)?;
        store.set_fuel(SLICE).map_err(broken)?;
        let memory = instance
            .get_memory(&store, "memory")
            .ok_or_else(|| End::Broken("no memory".to_owned()))?;
        Ok(Self {
            store,
            instance,
            memory,
            until,
            is_left,
        })
    }

    /// Calls a function of the engine, for as long as the run may last.
    pub fn call<P: WasmParams, R: WasmResults>(&mut self, name: &str, given: P) -> Result<R, End> {
        let function = self
            .instance
            .get_typed_func::<P, R>(&self.store, name)
            .map_err(broken)?;
        let mut called = function.call_resumable(&mut self.store, given);
        loop {
            match called.map_err(broken)? {
                TypedResumableCall::Finished(result) => return Ok(result),
                TypedResumableCall::HostTrap(trap) => return Err(End::Broken(trap.host_error().to_string())),
                TypedResumableCall::OutOfFuel(paused) => {
                    self.look()?;
                    let slice = SLICE.max(paused.required_fuel());
                    self.store.set_fuel(slice).map_err(broken)?;
                    called = paused.resume(&mut self.store);
                }
            }
        }
    }

    /// Whether the run may go on.
    fn look(&self) -> Result<(), End> {
        if (self.is_left)() {
            return Err(End::Stopped);
        }
        match Instant::now() >= self.until {
            true => Err(End::Late),
            false => Ok(()),
        }
    }

    /// What was written so far.
    pub fn into_host(self) -> Host {
        self.store.into_data()
    }

    /// From here on the hour is the hour.
    pub fn started(&mut self) {
        self.store.data_mut().is_starting = false;
    }

    /// Gives a run that is over a little more, to say how it ended.
    pub fn lengthen(&mut self, by: Duration) {
        self.until = self.until.max(Instant::now() + by);
    }

    /// The first of the promises that were rejected and never looked at, but for one: the reason.
    pub fn unseen(&self, but: i32) -> Option<Boxed> {
        let unseen = self.store.data().unseen.iter();
        let first = unseen
            .filter(|(promise, _)| **promise != but)
            .min_by_key(|(_, one)| one.order);
        first.map(|(_, one)| one.reason)
    }

    /// Copies bytes into the engine, with a zero behind them. They are the caller's to free.
    pub fn put(&mut self, bytes: &[u8]) -> Result<i32, End> {
        let length = i32::try_from(bytes.len() + 1).map_err(|_| too_much())?;
        let into: i32 = self.call("wasm_malloc", length)?;
        if into == 0 {
            return Err(too_much());
        }
        let mut all = bytes.to_vec();
        all.push(0);
        self.memory
            .write(&mut self.store, host::at(into), &all)
            .map_err(|_| too_much())?;
        Ok(into)
    }

    /// A string of the engine as ours.
    pub fn text(&mut self, boxed: Boxed) -> Result<Option<String>, End> {
        let length = self.put(&[0; 4])?;
        let from: i32 = self.call("qjs_get_string_len", (boxed, length))?;
        if from == 0 {
            return Ok(None);
        }
        let count = i32::from_le_bytes(self.four(length)?);
        let start = host::at(from);
        let end = start.saturating_add(host::at(count));
        let bytes = self.memory.data(&self.store).get(start..end);
        Ok(bytes.map(|bytes| String::from_utf8_lossy(bytes).into_owned()))
    }

    fn four(&self, from: i32) -> Result<[u8; 4], End> {
        let mut bytes = [0; 4];
        self.memory
            .read(&self.store, host::at(from), &mut bytes)
            .map_err(|_| too_much())?;
        Ok(bytes)
    }
}

fn too_much() -> End {
    End::Broken("no memory left".to_owned())
}

fn broken(error: Error) -> End {
    match error.as_trap_code() {
        Some(TrapCode::StackOverflow) => End::TooDeep,
        Some(TrapCode::OutOfFuel) => End::Late,
        Some(code) => End::Broken(code.trap_message().to_owned()),
        None => End::Broken(error.to_string()),
    }
}
