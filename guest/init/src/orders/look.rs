//! What the guest shows at a moment.

use super::{counters, tasks, trace};
use guest_protocol::{Answer, Look, Refusal};

/// Whether a function removes files of debugfs. The compiler may have split it.
fn is_removal(function: &str) -> bool {
    function.contains("simple_recursive_remov") || function.starts_with("debugfs_remove")
}

/// Looks: first who is busy, so that what idle tasks have done is in the rest.
pub fn look(device: &str) -> Result<Answer, Refusal> {
    let tasks = tasks::busy();
    // Once in a thousand times whoever reads a file of debugfs that is just being removed does not come back.
    let goes_away = tasks
        .iter()
        .flat_map(|task| &task.place)
        .any(|function| is_removal(function));
    let counters = if goes_away { None } else { counters::of(device)? };
    let trace = trace::take()?;
    Ok(Answer::Look(Look {
        tasks,
        counters,
        trace,
    }))
}

#[cfg(test)]
mod tests {
    use super::is_removal;

    #[test]
    fn whoever_removes_files_is_known_by_the_function() {
        for function in [
            "__simple_recursive_removal",
            "debugfs_remove",
            "debugfs_remove.part.0",
        ] {
            assert!(is_removal(function));
        }
        assert!(!is_removal("debugfs_create_dir"));
    }
}
