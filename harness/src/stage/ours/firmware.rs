//! The firmware of a device that our driver is on, as far as a scenario orders it about and a judge looks into it.

use crate::stage::contract::OrderRefused;
use crate::stage::device_view::DeviceView;
use driver_host::HostLost;
use emulator::{FirmwareOrder, GateOrder, HoldState, Record};
use prm::{Function, PageMode, WireIdentity};

/// An owner as a driver names it: [`DeviceView::owner_in_mode`] is asked whom it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnerQuestion {
    /// At whose interface.
    pub endpoint: Function,
    /// How owners are named there.
    pub mode: PageMode,
    /// The name.
    pub identity: WireIdentity,
}

/// See the module's head. Whoever orders has the drivers' host told afterwards that the device acted.
pub trait Firmware {
    /// Why nobody can tell any more.
    type Lost: From<HostLost>;

    /// Gives firmware an order.
    ///
    /// # Errors
    /// [`Self::Lost`]; inside, that firmware does not carry it out.
    fn order(&mut self, order: &FirmwareOrder) -> Result<Result<(), OrderRefused>, Self::Lost>;

    /// Gives the gate an order.
    ///
    /// # Errors
    /// [`Self::Lost`]; inside, that the gate does not carry it out.
    fn gate(&mut self, order: &GateOrder) -> Result<Result<(), OrderRefused>, Self::Lost>;

    /// The holds that are in force, in the order in which they were installed.
    ///
    /// # Errors
    /// [`Self::Lost`].
    fn holds(&mut self) -> Result<Vec<HoldState>, Self::Lost>;

    /// What happened since the last call, in order.
    ///
    /// # Errors
    /// [`Self::Lost`].
    fn take_records(&mut self) -> Result<Vec<Record>, Self::Lost>;

    /// Shows firmware's books. Of owners by name, only those in `questions` can be asked.
    ///
    /// # Errors
    /// [`Self::Lost`].
    fn view<R>(
        &mut self,
        questions: &[OwnerQuestion],
        see: impl FnOnce(&dyn DeviceView) -> R,
    ) -> Result<R, Self::Lost>;
}
