//! Moves of other functions: a driver of their own, scalable functions that come and go.

use crate::swarm::draft::Drawing;
use driver::HostOperation;

/// Such moves.
#[derive(Clone, Copy)]
enum Matter {
    Drive,
    Add,
    Activate,
    Remove,
}

impl Drawing<'_> {
    /// One of them, if there is a function for it; otherwise something is asked for.
    pub(super) fn other_function(&mut self) {
        let drivable = self.book.drivable();
        let (scalable, next) = (self.book.scalable(), self.book.next_scalable());
        let matters = [
            (2 * usize::from(!drivable.is_empty()), Matter::Drive),
            (3 * usize::from(next.is_some()), Matter::Add),
            (2 * usize::from(!scalable.is_empty()), Matter::Activate),
            (usize::from(!scalable.is_empty()), Matter::Remove),
        ];
        let Some(matter) = self.dice.weighed(&matters) else {
            return self.ask();
        };
        match matter {
            Matter::Drive => {
                if let Some((function, bound)) = self.dice.pick(&drivable) {
                    self.bind(function, !bound);
                }
            }
            Matter::Add => {
                if let Some(number) = next {
                    self.operate(HostOperation::AddSf(number));
                }
            }
            Matter::Activate => {
                let inactive: Vec<u16> = scalable
                    .into_iter()
                    .filter(|number| !self.active.contains(number))
                    .collect();
                match self.dice.pick(&inactive) {
                    Some(number) => {
                        self.active.insert(number);
                        self.operate(HostOperation::ActivateSf(number));
                    }
                    None => self.ask(),
                }
            }
            Matter::Remove => {
                if let Some(number) = self.dice.pick(&scalable) {
                    self.active.remove(&number);
                    self.operate(HostOperation::RemoveSf(number));
                }
            }
        }
    }
}
