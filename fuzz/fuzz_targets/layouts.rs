//! The target of [`fuzz::layouts`].
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::budget::within(fuzz::layouts::run, input));
