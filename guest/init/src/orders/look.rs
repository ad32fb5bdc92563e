//! What the guest shows at a moment.

use super::{counters, tasks, trace};
use guest_protocol::{Answer, Look, Refusal};

/// Looks: first who is busy, so that what idle tasks have done is in the rest.
pub fn look(device: &str) -> Result<Answer, Refusal> {
    let tasks = tasks::busy();
    let counters = counters::of(device)?;
    let trace = trace::take()?;
    Ok(Answer::Look(Look {
        tasks,
        counters,
        trace,
    }))
}
