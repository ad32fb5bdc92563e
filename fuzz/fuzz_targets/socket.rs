//! The target of [`fuzz::socket`].
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::budget::within(fuzz::socket::run, input));
