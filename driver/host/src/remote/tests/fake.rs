//! A bus and a clock that a test holds in its hand.

use crate::remote::{RemoteBus, TimePort};
use prm::link::{BusError, MappingFailed, TimeAnswer, TimeOrder};
use prm::{Function, Iova};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

/// What was done on the bus and at the clock, and what they do.
#[derive(Default)]
pub(super) struct Bench {
    pub(super) opened: Vec<Function>,
    pub(super) written: Vec<(Function, u32, Vec<u8>)>,
    pub(super) resets: Vec<Function>,
    pub(super) maps: BTreeMap<u64, (u64, u64)>,
    pub(super) window: BTreeMap<u64, u8>,
    pub(super) capacity: u64,
    pub(super) flushes: usize,
    /// Vectors that nothing comes of.
    pub(super) deaf: BTreeSet<(Function, u16)>,
    /// Every access fails.
    pub(super) broken: Option<BusError>,
    /// No map is taken.
    pub(super) refuses_maps: bool,
    pub(super) orders: Vec<TimeOrder>,
    /// What the clock answers next; without an answer nobody answers.
    pub(super) answers: VecDeque<TimeAnswer>,
}

/// One end of a bench that a test keeps the other end of.
#[derive(Clone)]
pub(super) struct Fake(pub(super) Rc<RefCell<Bench>>);

impl Fake {
    pub(super) fn new() -> Self {
        Self(Rc::new(RefCell::new(Bench {
            capacity: 1 << 20,
            ..Bench::default()
        })))
    }

    /// The clock will answer so.
    pub(super) fn answers(&self, answers: impl IntoIterator<Item = TimeAnswer>) {
        self.0.borrow_mut().answers.extend(answers);
    }

    fn works(&self) -> Result<(), BusError> {
        self.0.borrow().broken.map_or(Ok(()), Err)
    }
}

impl RemoteBus for Fake {
    fn open(&mut self, endpoint: Function) -> Result<(), BusError> {
        self.works()?;
        self.0.borrow_mut().opened.push(endpoint);
        Ok(())
    }

    fn read(&mut self, _: Function, offset: u32, into: &mut [u8]) -> Result<(), BusError> {
        self.works()?;
        (offset..)
            .zip(into)
            .for_each(|(at, byte)| *byte = at.to_be_bytes()[3]);
        Ok(())
    }

    fn write(&mut self, endpoint: Function, offset: u32, from: &[u8]) -> Result<(), BusError> {
        self.works()?;
        let mut bench = self.0.borrow_mut();
        bench.written.push((endpoint, offset, from.to_owned()));
        Ok(())
    }

    fn reset(&mut self, endpoint: Function) -> Result<(), BusError> {
        self.works()?;
        self.0.borrow_mut().resets.push(endpoint);
        Ok(())
    }

    fn take_edges(&mut self, raised: &[(Function, u16)]) -> Vec<bool> {
        let deaf = &self.0.borrow().deaf;
        raised.iter().map(|vector| !deaf.contains(vector)).collect()
    }

    fn flush(&mut self) -> Result<(), BusError> {
        self.works()?;
        self.0.borrow_mut().flushes += 1;
        Ok(())
    }

    fn read_window(&self, at: u64, into: &mut [u8]) -> Result<(), BusError> {
        let window = &self.0.borrow().window;
        (at..)
            .zip(into)
            .for_each(|(at, byte)| *byte = window.get(&at).copied().unwrap_or(0));
        Ok(())
    }

    fn write_window(&self, at: u64, from: &[u8]) -> Result<(), BusError> {
        let window = &mut self.0.borrow_mut().window;
        window.extend((at..).zip(from.iter().copied()));
        Ok(())
    }

    fn window_bytes(&self) -> u64 {
        self.0.borrow().capacity
    }

    fn map(&mut self, iova: Iova, at: u64, bytes: u64) -> Result<(), MappingFailed> {
        let mut bench = self.0.borrow_mut();
        if bench.refuses_maps {
            return Err(MappingFailed);
        }
        assert_eq!(bench.maps.insert(iova.0, (at, bytes)), None, "mapped twice");
        Ok(())
    }

    fn unmap(&mut self, iova: Iova, bytes: u64) -> Result<(), BusError> {
        self.works()?;
        let removed = self.0.borrow_mut().maps.remove(&iova.0);
        assert_eq!(removed.map(|(_, bytes)| bytes), Some(bytes), "unmapped as mapped");
        Ok(())
    }
}

impl TimePort for Fake {
    fn ask(&mut self, order: &TimeOrder) -> Result<TimeAnswer, BusError> {
        let mut bench = self.0.borrow_mut();
        bench.orders.push(*order);
        bench.answers.pop_front().ok_or(BusError::Gone)
    }

    fn trouble(&self) -> Option<String> {
        Some("the server has ended".to_owned())
    }
}
