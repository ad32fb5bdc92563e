//! The target of [`fuzz::driver`].
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::budget::within(fuzz::driver::run, input));
