//! Several drivers at one bench, in turns.

use super::Bench;
use super::driver::Queue;
use prm::Function;

/// A driver that the bench does not play at the moment.
#[derive(Clone, Debug)]
pub(crate) struct Seat {
    endpoint: Function,
    queues: Vec<Queue>,
    uar: u32,
}

impl Seat {
    /// A driver that has not begun.
    pub(crate) const fn at(endpoint: Function) -> Self {
        Self {
            endpoint,
            queues: Vec::new(),
            uar: 0,
        }
    }
}

impl Bench {
    /// Goes on as another driver; the one before keeps its queues.
    pub(crate) fn change_seats(&mut self, other: Seat) -> Seat {
        Seat {
            endpoint: std::mem::replace(&mut self.endpoint, other.endpoint),
            queues: std::mem::replace(&mut self.queues, other.queues),
            uar: std::mem::replace(&mut self.uar, other.uar),
        }
    }
}
