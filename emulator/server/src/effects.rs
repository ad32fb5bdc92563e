//! What a device has done to its hosts since somebody asked.

use prm::link::DmaStray;
use prm::{Function, Iova};

/// How many stray accesses are kept between two questions; the first ones tell enough.
pub(crate) const KEPT_STRAYS: usize = 4096;

/// The first 4 KiB of an address space: memory that may be there and that no driver gives to a device.
const LOW_MEMORY: u64 = prm::ADAPTER_PAGE_SIZE;

/// See the module's head.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Effects {
    interrupts: Vec<(Function, u16)>,
    strays: Vec<DmaStray>,
}

impl Effects {
    /// A function has raised a vector, whether or not anybody heard it. One that nobody has asked for yet is one.
    pub(crate) fn note_interrupt(&mut self, endpoint: Function, vector: u16) {
        let line = (endpoint, vector);
        if !self.interrupts.contains(&line) {
            self.interrupts.push(line);
        }
    }

    /// An access to host memory is over. It is kept if no correct driver causes it: it did not reach all of the memory that it
    /// was about, or all of that lies in the first 4 KiB.
    pub(crate) fn note_access(&mut self, write: bool, at: Iova, bytes: usize, reached: bool) {
        let bytes = bytes as u64;
        let is_low = at.0.saturating_add(bytes) <= LOW_MEMORY;
        if (!reached || is_low) && self.strays.len() < KEPT_STRAYS {
            self.strays.push(DmaStray {
                write,
                at,
                bytes,
                reached,
            });
        }
    }

    /// Hands over the interrupts, in the order in which each was raised first.
    pub(crate) fn take_interrupts(&mut self) -> Vec<(Function, u16)> {
        std::mem::take(&mut self.interrupts)
    }

    /// Hands over the stray accesses, oldest first.
    pub(crate) fn take_strays(&mut self) -> Vec<DmaStray> {
        std::mem::take(&mut self.strays)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interrupt_that_nobody_has_asked_for_is_one_and_the_order_stays() {
        let mut effects = Effects::default();
        for (endpoint, vector) in [
            (Function::Vf(1), 0),
            (Function::Pf, 3),
            (Function::Vf(1), 0),
            (Function::Pf, 0),
        ] {
            effects.note_interrupt(endpoint, vector);
        }
        let all = [(Function::Vf(1), 0), (Function::Pf, 3), (Function::Pf, 0)];
        assert_eq!(effects.take_interrupts(), all);
        assert_eq!(effects.take_interrupts(), []);
        effects.note_interrupt(Function::Pf, 3);
        assert_eq!(effects.take_interrupts(), [(Function::Pf, 3)]);
    }

    #[test]
    fn what_reached_memory_of_a_driver_is_no_stray() {
        let mut effects = Effects::default();
        effects.note_access(true, Iova(1 << 32), 64, true);
        effects.note_access(false, Iova(4095), 2, true);
        assert_eq!(effects.take_strays(), []);
        effects.note_access(true, Iova(4088), 8, true);
        effects.note_access(false, Iova(0), 16, false);
        effects.note_access(true, Iova(u64::MAX), 64, false);
        let strays = effects.take_strays();
        let told: Vec<_> = strays
            .iter()
            .map(|stray| (stray.write, stray.at.0, stray.bytes, stray.reached))
            .collect();
        assert_eq!(
            told,
            [
                (true, 4088, 8, true),
                (false, 0, 16, false),
                (true, u64::MAX, 64, false)
            ]
        );
    }

    #[test]
    fn the_first_strays_are_kept() {
        let mut effects = Effects::default();
        for at in 0..5000 {
            effects.note_access(true, Iova(1 << 32 | at), 1, false);
        }
        let strays = effects.take_strays();
        assert_eq!(
            (strays.len(), strays[4095].at),
            (KEPT_STRAYS, Iova(1 << 32 | 4095))
        );
    }
}
