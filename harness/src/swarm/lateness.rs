//! Whether a give that firmware answers late has been answered: once it was asked for, and as much time has passed.

use crate::scenario::{Action, Step, TimeStep};
use emulator::order::{Answer, FirmwareOrder};
use prm::PagesOp;

/// A give that is answered late, until it has been.
#[derive(Default)]
pub(super) struct Lateness {
    after_ms: Option<u32>,
    asked: bool,
}

impl Lateness {
    /// Follows a step; returns whether with it all that was late has been answered.
    pub(super) fn is_over(&mut self, step: &Step) -> bool {
        match step.action() {
            Some(Action::Firmware(FirmwareOrder::Answer(rule))) => {
                let (Answer::Late { after_ms } | Answer::CompletedLate { after_ms }) = rule.with else {
                    return false;
                };
                let is_one_give = rule.times == 1 && rule.to.op_mod == Some(PagesOp::Give.raw());
                self.after_ms = self.after_ms.max(Some(after_ms)).filter(|_| is_one_give);
                self.asked = false;
            }
            Some(Action::Firmware(FirmwareOrder::RequestPages(request))) => self.asked |= request.pages > 0,
            Some(Action::Time(TimeStep::PassMs(ms))) => {
                let is_over = self.asked && self.after_ms.is_some_and(|after_ms| *ms > u64::from(after_ms));
                if is_over {
                    self.after_ms = None;
                }
                return is_over;
            }
            _ => {}
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(after: u64) -> Vec<Step> {
        let steps = serde_json::json!([
            { "firmware": { "answer": { "to": { "command": "MANAGE_PAGES", "op_mod": 1 },
                "with": { "late": { "after_ms": 200 } }, "times": 1 } } },
            { "firmware": { "request_pages": { "function": "pf", "pages": 4 } } },
            { "time": { "pass_ms": after } },
        ]);
        serde_json::from_value(steps).unwrap()
    }

    #[test]
    fn a_late_give_is_over_once_its_time_has_passed() {
        let over = |steps: &[Step]| {
            let mut lateness = Lateness::default();
            steps
                .iter()
                .map(|step| lateness.is_over(step))
                .collect::<Vec<_>>()
        };
        assert_eq!(over(&steps(201)), [false, false, true]);
        assert_eq!(over(&steps(200)), [false, false, false]);
        let mut unasked = steps(900);
        unasked.remove(1);
        assert_eq!(over(&unasked), [false, false]);
    }
}
