#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| inglenook_wire_fuzz::refusal(data));
