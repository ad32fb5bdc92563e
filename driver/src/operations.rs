//! What the owner of a driver does with it: starts host operations, raises interrupts, fires timers, reads its books.

mod upcalls;

use crate::books::DriverBooks;
use crate::bus;
use crate::errno::Errno;
use crate::eswitch;
use crate::firmware_reset;
use crate::handle::Driver;
use crate::health;
use crate::interrupts;
use crate::load;
use crate::operation::HostOperation;
use crate::pages;
use crate::pci;
use crate::power;
use crate::runtime::{Object, TaskId, TaskRole};
use crate::sriov;
use crate::subfunction;
use crate::subfunction::Controller;
use std::hash::{Hash, Hasher};
use std::pin::Pin;

impl Driver {
    /// Starts a host operation as a task of its own.
    pub fn start(&self, operation: HostOperation) -> TaskId {
        self.spawn(TaskRole::Host(operation), move |driver| async move {
            let name = operation.name();
            driver.tell(name, "begins");
            let result = driver.perform(operation).await;
            let outcome = result.map_or_else(|errno| errno.to_string(), |()| "ok".to_owned());
            driver.tell(name, &format!("ends: {outcome}"));
            if let Some(task) = driver.runtime().current() {
                driver.go_on(|state, _| state.outcomes.insert(task, result));
            }
        })
    }

    /// Tells the log of an operation.
    fn tell(&self, name: &str, what: &str) {
        let (function, virtual_ns) = (self.endpoint(), self.now().0);
        self.runtime()
            .see(|| tracing::info!(actor = "host", %function, virtual_ns, "{name} {what}"));
    }

    async fn perform(&self, operation: HostOperation) -> Result<(), Errno> {
        // The host binds, unbinds and reloads under the lock of the device. It changes the number of VFs under it, too, but
        // looks at the number first.
        let under_lock = async |operation: Pin<Box<dyn Future<Output = _> + '_>>| {
            self.holding(Object::DeviceLock, async || operation.await).await
        };
        match operation {
            HostOperation::Load => {
                let load = async {
                    match self.is_present().await {
                        true => load::probe(self).await,
                        false => Err(Errno::ENODEV),
                    }
                };
                under_lock(Box::pin(load)).await
            }
            HostOperation::Unload => under_lock(Box::pin(load::remove(self))).await,
            HostOperation::Reload => under_lock(Box::pin(load::reload(self))).await,
            HostOperation::EnableVfs(number) => sriov::write_number(self, number).await,
            HostOperation::DisableVfs => sriov::write_number(self, 0).await,
            HostOperation::ActivateFirmware => under_lock(Box::pin(firmware_reset::activate(self))).await,
            HostOperation::SuspendResume => power::suspend_resume(self).await,
            HostOperation::Kexec | HostOperation::Reboot => power::shut_down(self).await,
            HostOperation::ResetFunction => bus::reset(self).await,
            HostOperation::Remove => pci::remove(self).await,
            HostOperation::Rescan => pci::rescan(self).await,
            HostOperation::PciError(error) => {
                pci::recover(self, error).await;
                Ok(())
            }
            HostOperation::SetEswitchMode(mode) => eswitch::set_mode(self, mode).await,
            HostOperation::AddSf(number) => subfunction::add(self, Controller::Local, number).await,
            HostOperation::AddHostSf(number) => subfunction::add(self, Controller::Host, number).await,
            HostOperation::ActivateSf(number) => subfunction::activate(self, number).await,
            HostOperation::DeactivateSf(number) => subfunction::deactivate(self, number).await,
            HostOperation::RemoveSf(number) => subfunction::remove(self, number).await,
            HostOperation::FreePage(key) => pages::free_page(self, key).await,
        }
    }

    /// The device raised an interrupt: runs its handler as a task, or makes the running one look again.
    pub fn interrupt(&self, vector: u16) {
        interrupts::raise(self, vector);
    }

    /// Starts what is due by now. To be called whenever time has passed.
    pub fn fire_timers(&self) {
        health::fire(self);
        health::fire_reset(self);
    }

    /// Hashes what the driver and its device have yet to read of the memory that they share: commands that are not over, free
    /// mailboxes, events that nobody has handled. What else is in memory is past, or is firmware's alone.
    pub fn hash_unread(&self, hasher: &mut impl Hasher) {
        self.peek(|state, bus| {
            state.command.queue.unread(bus).hash(hasher);
            state.command.queue.free_blocks(bus).hash(hasher);
            for (role, queue) in state.event_queues.queues.peek() {
                role.hash(hasher);
                queue
                    .unread(bus)
                    .iter()
                    .for_each(|event| event.as_bytes().hash(hasher));
            }
        });
    }

    /// The driver's book as it stands.
    #[must_use]
    pub fn books(&self) -> DriverBooks {
        self.look(|state| {
            let mut books = DriverBooks {
                lost_command_slots: state.command.lost_slots(),
                numvfs: state.sriov.num_vfs(),
                bound: *state.interface.probed,
                loaded: *state.interface.loaded,
                error_state: state.interface.in_error(),
                ..DriverBooks::default()
            };
            pages::describe(self, state, &mut books);
            eswitch::describe(self, state, &mut books);
            books
        })
    }
}
