//! The functions of a device as one bus, for one run.

use crate::card::Card;
use crate::device::Region;
use crate::error::VfioError;
use crate::function::OpenFunction;
use driver_host::remote::{Bar, RemoteBus, Seat};
use prm::link::{BusError, MappingFailed};
use prm::{Function, Iova};
use std::cell::{Ref, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// Behind which place of the bus which registers are.
pub type Seats = BTreeMap<Function, Seat>;

/// A [`Card`] for one run: what the run has mapped is not mapped any more once this is dropped.
#[derive(Debug)]
pub struct VfioBus {
    card: Rc<RefCell<Card>>,
    seats: Seats,
    /// Places that this run has opened.
    opened: BTreeSet<u16>,
    /// Places at which something was written since the last flush.
    posted: BTreeSet<u16>,
    trouble: RefCell<Option<VfioError>>,
}

impl VfioBus {
    /// A bus on a card that no other bus uses. Its memory is zero, nothing of it is mapped, and no interrupt is kept.
    ///
    /// # Errors
    /// [`VfioError`] where the card still reaches what an earlier run had mapped.
    pub fn new(card: Rc<RefCell<Card>>, seats: Seats) -> Result<Self, VfioError> {
        card.borrow_mut().clear()?;
        Ok(Self {
            card,
            seats,
            opened: BTreeSet::new(),
            posted: BTreeSet::new(),
            trouble: RefCell::new(None),
        })
    }

    fn seat(&self, endpoint: Function) -> Result<Seat, BusError> {
        self.seats.get(&endpoint).copied().ok_or(BusError::Gone)
    }

    /// The function at a place, which this run has opened.
    fn function(&self, place: u16) -> Result<Ref<'_, OpenFunction>, BusError> {
        if !self.opened.contains(&place) {
            return Err(BusError::Gone);
        }
        Ref::filter_map(self.card.borrow(), |card| card.function(place)).map_err(|_| BusError::Gone)
    }

    fn note(&self, error: VfioError) -> BusError {
        let seen = error.as_bus_error();
        self.trouble.borrow_mut().get_or_insert(error);
        seen
    }

    fn noted<T>(&self, result: Result<T, VfioError>) -> Result<T, BusError> {
        result.map_err(|error| self.note(error))
    }
}

/// The registers of a seat.
fn registers(function: &OpenFunction, seat: Seat) -> Region {
    match seat.bar {
        Bar::Own => function.own(),
        Bar::Scalable => function.scalable(),
    }
}

impl RemoteBus for VfioBus {
    fn open(&mut self, endpoint: Function) -> Result<(), BusError> {
        let place = self.seat(endpoint)?.place;
        if !self.opened.contains(&place) {
            let opened = self.card.borrow_mut().open(place);
            self.noted(opened)?;
            self.opened.insert(place);
        }
        Ok(())
    }

    fn read(&mut self, endpoint: Function, offset: u32, into: &mut [u8]) -> Result<(), BusError> {
        let seat = self.seat(endpoint)?;
        let function = self.function(seat.place)?;
        let at = seat.offset + u64::from(offset);
        self.noted(function.device().read(registers(&function, seat), at, into))
    }

    fn write(&mut self, endpoint: Function, offset: u32, from: &[u8]) -> Result<(), BusError> {
        let seat = self.seat(endpoint)?;
        let at = seat.offset + u64::from(offset);
        self.posted.insert(seat.place);
        let function = self.function(seat.place)?;
        self.noted(function.device().write(registers(&function, seat), at, from))
    }

    fn reset(&mut self, endpoint: Function) -> Result<(), BusError> {
        let seat = self.seat(endpoint)?;
        if seat.bar != Bar::Own {
            return Err(BusError::Refused);
        }
        let function = self.function(seat.place)?;
        self.noted(function.reset())
    }

    fn take_edges(&mut self, raised: &[(Function, u16)]) -> Vec<bool> {
        let mut came: BTreeMap<(u16, u16), bool> = BTreeMap::new();
        let mut take = |&(endpoint, vector): &(Function, u16)| {
            let Ok(place) = self.seat(endpoint).map(|seat| seat.place) else {
                return false;
            };
            // An SF shares the vectors of its PF, and what a vector cannot tell apart comes once.
            *came.entry((place, vector)).or_insert_with(|| {
                self.function(place)
                    .is_ok_and(|function| function.vectors().take(vector))
            })
        };
        raised.iter().map(&mut take).collect()
    }

    /// A write is posted on its way to the function. Whoever reads from the same function finds it there. What is mapped and
    /// unmapped has been told to every function before the call that does it returns.
    fn flush(&mut self) -> Result<(), BusError> {
        while let Some(&place) = self.posted.first() {
            if let Ok(function) = self.function(place) {
                self.noted(function.flush())?;
            }
            self.posted.remove(&place);
        }
        Ok(())
    }

    fn read_window(&self, at: u64, into: &mut [u8]) -> Result<(), BusError> {
        self.noted(self.card.borrow().window().read(at, into))
    }

    fn write_window(&self, at: u64, from: &[u8]) -> Result<(), BusError> {
        self.noted(self.card.borrow().window().write(at, from))
    }

    fn window_bytes(&self) -> u64 {
        self.card.borrow().window().bytes()
    }

    fn map(&mut self, iova: Iova, at: u64, bytes: u64) -> Result<(), MappingFailed> {
        let mapped = self.card.borrow_mut().map(iova, at, bytes);
        self.noted(mapped).map_err(|_| MappingFailed)
    }

    fn unmap(&mut self, iova: Iova, bytes: u64) -> Result<(), BusError> {
        let unmapped = self.card.borrow_mut().unmap(iova, bytes);
        self.noted(unmapped)
    }

    fn trouble(&self) -> Option<String> {
        self.trouble.borrow().as_ref().map(ToString::to_string)
    }
}

impl Drop for VfioBus {
    fn drop(&mut self) {
        // Where it fails, the next bus on this card says so.
        let _cleared = self.card.borrow_mut().clear();
    }
}
