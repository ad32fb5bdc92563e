//! No target: writes what the others begin with, and ends. It is one of libFuzzer's programs because all that is built beside them
//! counts coverage, and needs somebody who takes the counts.
#![no_main]

fn write_and_end() {
    std::process::exit(match fuzz::seeds::write(&fuzz::seeds::home()) {
        Ok(seeds) => {
            println!("{seeds} seeds");
            0
        }
        Err(error) => {
            eprintln!("seeds: {error}");
            1
        }
    });
}

libfuzzer_sys::fuzz_target!(init: write_and_end(), |_input: &[u8]| {});
