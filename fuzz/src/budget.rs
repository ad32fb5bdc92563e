//! The time that one input may take.

use rustix::time::{ClockId, clock_gettime};
use std::sync::OnceLock;
use std::time::Duration;

/// The most that an input may take, of the processor, whatever else the machine does. Programs that count coverage take ten times as
/// long as those that people use, so that this is half a second of theirs.
pub const LONGEST: Duration = Duration::from_secs(5);

/// Carries an input out.
///
/// # Panics
/// If it takes too long, or breaks a promise.
pub fn within(run: fn(&[u8]), input: &[u8]) {
    let began = processor_time();
    run(input);
    let took = processor_time().saturating_sub(began);
    assert!(took <= LONGEST, "this input takes {took:?} of the processor");
}

/// What this process has had of the processor.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(
        u64::try_from(time.tv_sec).unwrap_or_default(),
        u32::try_from(time.tv_nsec).unwrap_or_default(),
    )
}

/// Tells what an input does, where `FUZZ_TELL` is set: to make a test of it.
pub fn tell(what: impl FnOnce() -> String) {
    static TELLS: OnceLock<bool> = OnceLock::new();
    if *TELLS.get_or_init(|| std::env::var_os("FUZZ_TELL").is_some()) {
        eprintln!("{}", what());
    }
}
