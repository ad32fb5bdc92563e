//! The target of [`fuzz::artifact`].
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::budget::within(fuzz::artifact::run, input));
