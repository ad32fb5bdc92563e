//! The device's clock, at the control socket of the device's server: QEMU leads a port there.

use crate::port::{Port, PortError};
use driver_host::remote::TimePort;
use prm::link::{BusError, TimeAnswer, TimeOrder};
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::rc::Rc;

/// See the module's head. Every world has a handle of its own to the one port.
#[derive(Clone, Debug)]
pub struct ControlClock(Rc<RefCell<Line>>);

#[derive(Debug)]
struct Line {
    port: Port,
    last_id: u64,
    trouble: Option<String>,
}

/// A request at the control socket (`docs/control.md`).
#[derive(Serialize)]
struct Request<'a> {
    id: u64,
    time: &'a TimeOrder,
}

/// Its answer.
#[derive(Deserialize)]
struct Reply {
    id: u64,
    #[serde(flatten)]
    outcome: Outcome,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Time(Box<TimeAnswer>),
    Error(Problem),
}

/// Why it was refused; it also says where in the line.
#[derive(Deserialize)]
struct Problem {
    message: String,
}

/// Why the clock does not answer.
#[derive(Debug, thiserror::Error)]
enum ClockError {
    #[error(transparent)]
    Port(#[from] PortError),
    #[error("the device's clock: {0}")]
    Refused(String),
    #[error("the device's clock answers {found} where {asked} was asked")]
    Another { asked: u64, found: u64 },
}

impl ControlClock {
    /// The clock at this port.
    #[must_use]
    pub fn new(port: Port) -> Self {
        Self(Rc::new(RefCell::new(Line {
            port,
            last_id: 0,
            trouble: None,
        })))
    }
}

impl Line {
    fn ask(&mut self, order: &TimeOrder) -> Result<TimeAnswer, ClockError> {
        self.last_id += 1;
        let asked = self.last_id;
        self.port.send(&Request {
            id: asked,
            time: order,
        })?;
        let reply: Reply = self.port.receive()?;
        if reply.id != asked {
            let found = reply.id;
            return Err(ClockError::Another { asked, found });
        }
        match reply.outcome {
            Outcome::Time(answer) => Ok(*answer),
            Outcome::Error(problem) => Err(ClockError::Refused(problem.message)),
        }
    }
}

impl TimePort for ControlClock {
    fn ask(&mut self, order: &TimeOrder) -> Result<TimeAnswer, BusError> {
        let mut line = self.0.borrow_mut();
        line.ask(order).map_err(|error| {
            line.trouble.get_or_insert_with(|| error.to_string());
            match error {
                ClockError::Refused(_) => BusError::Refused,
                ClockError::Port(PortError::Stuck(_)) => BusError::TimedOut,
                ClockError::Port(_) | ClockError::Another { .. } => BusError::Gone,
            }
        })
    }

    fn trouble(&self) -> Option<String> {
        self.0.borrow().trouble.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Reply, serde_json::Error> {
        serde_json::from_str(line)
    }

    #[test]
    fn a_request_is_a_line_of_the_control_socket() {
        let order = TimeOrder {
            advance_to_ns: Some(7),
            waits: true,
        };
        let line = serde_json::to_string(&Request { id: 3, time: &order }).unwrap();
        assert_eq!(line, r#"{"id":3,"time":{"advance_to_ns":7,"waits":true}}"#);
    }

    #[test]
    fn answers_and_refusals_are_read() {
        let answer = r#"{"id":3,"time":{"now_ns":7,"acted":true,"in_service":false,"caught":[],"interrupts":[["pf",1]],"strays":[]}}"#;
        let reply = read(answer).unwrap();
        assert!(matches!(reply.outcome, Outcome::Time(answer) if answer.now_ns == 7));
        let refusal = r#"{"id":4,"error":{"message":"the clock is the wall's","line":1}}"#;
        let reply = read(refusal).unwrap();
        assert!(
            matches!(reply.outcome, Outcome::Error(problem) if problem.message == "the clock is the wall's")
        );
        assert!(read(r#"{"id":5}"#).is_err());
    }
}
