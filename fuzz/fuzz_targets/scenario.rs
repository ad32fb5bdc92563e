//! The target of [`fuzz::scenario`].
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::budget::within(fuzz::scenario::run, input));
