//! A guest after a run: whether it can be used again, and how it is left as it was found.

use super::guest::GuestError;
use super::settling;
use super::stage::LinuxStage;
use crate::stage::expenses::{Purpose, Wear};
use guest_protocol::{ComplaintKind, Order};
use prm::Cycles;

/// How long an unbind and other orders may take here.
const LIMIT: Cycles = Cycles::from_millis(6_000);

/// The same after a run that nobody compares: its driver may wait for pages that never come.
const LONG_LIMIT: Cycles = Cycles::from_millis(20_000);

/// Makes the kernel forget what it warns of once.
const CLEAR: &str = "/sys/kernel/debug/clear_warn_once";

impl LinuxStage<'_> {
    /// Brings the guest back to where no driver is bound; tells why it cannot be used again, if it cannot.
    pub(super) fn clean_up(&mut self) -> Result<Option<Wear>, GuestError> {
        let began = self.course.guest.now();
        let left = match self.course.gives_up_after {
            None => self.leave(),
            Some(_) => self.leave_warned(),
        };
        self.spent(Purpose::CleanUp, began);
        left
    }

    fn leave(&mut self) -> Result<Option<Wear>, GuestError> {
        let wear = [
            (self.succeeded, Wear::Succeeded),
            (self.damaged, Wear::Damaged),
            (self.warned, Wear::Warned),
            (!self.log.heard.complaints.is_empty(), Wear::Complained),
            (self.course.device_in_error, Wear::DeviceError),
            (self.course.operations.leaves_marks(), Wear::DeviceError),
            (self.course.operations.all.any_pending(), Wear::Pending),
        ];
        if let Some((_, wear)) = wear.into_iter().find(|(holds, _)| *holds) {
            return Ok(Some(wear));
        }
        self.unbind(LIMIT)?;
        self.forcing.leave(self.course.guest)?;
        // What the kernel would leave out of the next run is over.
        let now = self.course.guest.now();
        settling::serve(self.course.guest, self.recent.forgotten_at().saturating_sub(now))?;
        let quiet = self.course.guest.is_quiet()?;
        Ok((!quiet).then_some(Wear::Complained))
    }

    /// After a run alone a warning is no reason to boot: nobody compares what the next one prints, and what warns once is made to warn
    /// again.
    fn leave_warned(&mut self) -> Result<Option<Wear>, GuestError> {
        let is_worse = self
            .log
            .heard
            .complaints
            .iter()
            .any(|complaint| complaint.kind != ComplaintKind::Warning);
        let wear = [
            (self.succeeded, Wear::Succeeded),
            (is_worse, Wear::Complained),
            (self.course.device_in_error, Wear::DeviceError),
            (self.course.operations.leaves_marks(), Wear::DeviceError),
            (self.course.operations.all.any_pending(), Wear::Pending),
        ];
        if let Some((_, wear)) = wear.into_iter().find(|(holds, _)| *holds) {
            return Ok(Some(wear));
        }
        self.unbind(LONG_LIMIT)?;
        self.forcing.leave(self.course.guest)?;
        self.course.guest.kernel_log()?;
        let complaints = self.course.guest.take_complaints();
        let only_warns = complaints
            .iter()
            .all(|complaint| complaint.kind == ComplaintKind::Warning);
        if !only_warns {
            return Ok(Some(Wear::Complained));
        }
        // Firmware keeps what the driver has let go: nobody knows what it writes there.
        let left: u64 = self
            .course
            .guest
            .silicon()
            .ledger()
            .rows()
            .map(|(_, _, pages)| pages)
            .sum();
        if left > 0 {
            return Ok(Some(Wear::Damaged));
        }
        if self.warned || !complaints.is_empty() {
            let order = Order::WriteFile {
                path: CLEAR.to_owned(),
                text: "1".to_owned(),
            };
            self.course.guest.must(order, LIMIT)?;
        }
        Ok(None)
    }

    /// Takes the driver off the function under test, if it is there.
    fn unbind(&mut self, limit: Cycles) -> Result<(), GuestError> {
        self.course.operations.leave_bus(self.course.guest)?;
        if self.course.operations.is_bound() {
            let device = self.course.guest.address_under_test();
            self.course.guest.must(Order::Unbind { device }, limit)?;
        }
        Ok(())
    }
}
