//! The target of [`fuzz::control`].
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::budget::within(fuzz::control::run, input));
