//! A device whose clock is the wall's: nobody can move it, only wait.

use crate::vectors::Vectors;
use driver_host::remote::TimePort;
use prm::link::{BusError, TimeAnswer, TimeOrder};
use std::time::Duration;

/// The port of a clock that cannot be moved. Whoever wants it moved waits, until an interrupt comes or the device acts by
/// itself.
pub struct WallPort<P> {
    port: P,
    vectors: Vectors,
    /// When the device acts next by itself, as it has said last.
    due_ns: Option<u64>,
}

impl<P: TimePort> WallPort<P> {
    /// The clock behind `port`, of a device with these vectors.
    pub const fn new(port: P, vectors: Vectors) -> Self {
        Self {
            port,
            vectors,
            due_ns: None,
        }
    }

    /// Asks what time it is.
    fn look(&mut self, waits: bool) -> Result<TimeAnswer, BusError> {
        let mut answer = self.port.ask(&TimeOrder {
            advance_to_ns: None,
            waits,
        })?;
        // What was due by now has been done.
        let was_due = self.due_ns.is_some_and(|due| due <= answer.now_ns);
        answer.acted |= was_due || !answer.interrupts.is_empty();
        self.due_ns = answer.next_due_ns;
        Ok(answer)
    }
}

impl<P: TimePort> TimePort for WallPort<P> {
    fn ask(&mut self, order: &TimeOrder) -> Result<TimeAnswer, BusError> {
        let mut answer = self.look(order.waits)?;
        let Some(until) = order.advance_to_ns else {
            return Ok(answer);
        };
        while !answer.acted && answer.now_ns < until {
            let due = self.due_ns.unwrap_or(u64::MAX).min(until);
            let left = Duration::from_nanos(due.saturating_sub(answer.now_ns));
            self.vectors.wait(left);
            let strays = std::mem::take(&mut answer.strays);
            answer = self.look(order.waits)?;
            answer.strays.splice(0..0, strays);
        }
        Ok(answer)
    }

    fn trouble(&self) -> Option<String> {
        self.port.trouble()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors::FunctionVectors;
    use prm::{Cycles, Function};
    use std::collections::VecDeque;
    use std::rc::Rc;

    /// A clock that shows one time after another.
    struct Shown(VecDeque<TimeAnswer>);

    impl TimePort for Shown {
        fn ask(&mut self, order: &TimeOrder) -> Result<TimeAnswer, BusError> {
            assert_eq!(order.advance_to_ns, None, "nobody moves the wall clock");
            self.0.pop_front().ok_or(BusError::Gone)
        }
    }

    fn shows(answers: impl IntoIterator<Item = TimeAnswer>) -> WallPort<Shown> {
        WallPort::new(Shown(answers.into_iter().collect()), Vectors::default())
    }

    fn at(now_ns: u64, next_due_ns: Option<u64>) -> TimeAnswer {
        TimeAnswer {
            now_ns,
            next_due_ns,
            ..TimeAnswer::default()
        }
    }

    #[test]
    fn time_is_waited_for_until_it_is_there() {
        let mut port = shows([at(10, None), at(15, None), at(21, None), at(99, None)]);
        let answer = port.ask(&TimeOrder::advance_to(Cycles(20))).unwrap();
        assert_eq!((answer.now_ns, answer.acted), (21, false));
        assert_eq!(port.ask(&TimeOrder::look()).unwrap().now_ns, 99);
        assert_eq!(port.ask(&TimeOrder::look()), Err(BusError::Gone));
    }

    #[test]
    fn what_was_due_has_been_done_when_its_time_is_over() {
        let mut port = shows([at(10, Some(30)), at(29, Some(30)), at(31, None), at(40, None)]);
        let answer = port.ask(&TimeOrder::advance_to(Cycles(40))).unwrap();
        assert_eq!((answer.now_ns, answer.acted), (31, true));
        assert!(!port.ask(&TimeOrder::advance_to(Cycles(40))).unwrap().acted);
    }

    #[test]
    fn an_interrupt_ends_the_wait() {
        let raised = TimeAnswer {
            interrupts: vec![(Function::Pf, 0)],
            ..at(12, None)
        };
        let mut port = shows([at(10, None), raised]);
        let vectors = Rc::new(FunctionVectors::new(1).unwrap());
        port.vectors.add(Rc::clone(&vectors));
        vectors.raise(0);
        let a_day = Cycles::from_secs(86_400);
        let answer = port.ask(&TimeOrder::advance_to(a_day)).unwrap();
        assert_eq!((answer.now_ns, answer.acted), (12, true));
    }
}
