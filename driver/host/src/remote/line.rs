//! The bus as machine and memory share it: what was opened, and what may not have arrived yet.

use super::bus::RemoteBus;
use crate::frames::FRAME_BYTES;
use prm::link::{BusError, MappingFailed};
use prm::{Function, Iova};
use std::cell::{RefCell, RefMut};
use std::collections::BTreeSet;
use std::rc::Rc;

/// Bytes of a frame.
pub(super) const FRAME: u64 = FRAME_BYTES as u64;

/// One bus, shared by the two that use it. Nobody keeps it from one call to the next.
pub(super) struct SharedLine<B>(Rc<RefCell<Line<B>>>);

impl<B> Clone for SharedLine<B> {
    fn clone(&self) -> Self {
        Self(Rc::clone(&self.0))
    }
}

impl<B: RemoteBus> SharedLine<B> {
    pub(super) fn new(bus: B) -> Self {
        Self(Rc::new(RefCell::new(Line {
            bus,
            opened: BTreeSet::new(),
            posted: false,
        })))
    }

    /// The line, for one call.
    pub(super) fn get(&self) -> RefMut<'_, Line<B>> {
        self.0.borrow_mut()
    }
}

/// See the module's head.
pub(super) struct Line<B> {
    bus: B,
    opened: BTreeSet<Function>,
    /// Something may be on its way to the device.
    posted: bool,
}

impl<B: RemoteBus> Line<B> {
    pub(super) const fn bus(&mut self) -> &mut B {
        &mut self.bus
    }

    /// The bus, with a function that is ready.
    ///
    /// # Errors
    /// Where it cannot be made ready. The next access tries again.
    pub(super) fn with(&mut self, endpoint: Function) -> Result<&mut B, BusError> {
        if !self.opened.contains(&endpoint) {
            self.bus.open(endpoint)?;
            self.opened.insert(endpoint);
        }
        Ok(&mut self.bus)
    }

    /// The same for an access that may be posted.
    pub(super) fn with_posted(&mut self, endpoint: Function) -> Result<&mut B, BusError> {
        self.posted = true;
        self.with(endpoint)
    }

    pub(super) fn map(&mut self, iova: Iova, at: u64, bytes: u64) -> Result<(), MappingFailed> {
        self.posted = true;
        self.bus.map(iova, at, bytes)
    }

    pub(super) fn unmap(&mut self, iova: Iova, bytes: u64) -> Result<(), BusError> {
        self.posted = true;
        self.bus.unmap(iova, bytes)
    }

    /// Waits until nothing is on its way. What a device that has gone did not get, it will never get.
    pub(super) fn flush(&mut self) -> Result<(), BusError> {
        if std::mem::take(&mut self.posted) {
            self.bus.flush()?;
        }
        Ok(())
    }

    /// The bus, once the device has read and written what it does because of what was posted before. The memory is this
    /// host's, and is there without a device, too.
    pub(super) fn settled(&mut self) -> &mut B {
        if let Err(error) = self.flush() {
            tracing::debug!(actor = "host", %error, "what was posted may not have arrived");
        }
        &mut self.bus
    }
}
