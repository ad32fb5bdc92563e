//! The target of [`fuzz::firmware`].
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::budget::within(fuzz::firmware::run, input));
