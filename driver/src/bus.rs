//! The host's bus below a function: the functions that exist because of it, and the drivers bound to them.
//!
//! When such a function goes, the host unbinds its driver first, in the task that takes the function away
//! (`pci_disable_sriov`, `auxiliary_device_delete`).

use crate::errno::Errno;
use crate::handle::{Driver, Upcalls};
use crate::pauses;
use crate::runtime::Object;
use crate::state::State;
use prm::function::Function;
use std::future::Future;
use std::pin::Pin;

impl Driver {
    /// Tells of a driver on a function that exists because of this one. One that was told of before is replaced.
    pub fn adopt(&self, child: &Self) {
        child.set_parent(self);
        self.children()
            .borrow_mut()
            .insert(child.endpoint(), child.clone());
    }

    /// Its VFs on the bus, by their numbers, each with its driver where one is bound.
    pub(crate) async fn vfs_on_bus(&self) -> Vec<Option<Self>> {
        let number = self
            .then(self.reads(Object::Sriov), |state, _| state.sriov.num_vfs())
            .await;
        let mut vfs = Vec::new();
        for vf in 1..=number {
            let function = match self.endpoint() {
                Function::Ecpf => Function::EcVf(vf),
                _ => Function::Vf(vf),
            };
            let child = self.children().borrow().get(&function).cloned();
            // Whether one was there is part of what the task has seen.
            let is_there = self.runtime().see(|| child.is_some());
            vfs.push(child.filter(|_| is_there));
        }
        vfs
    }

    /// Whether it is bound to its function.
    pub(crate) async fn is_bound(&self) -> bool {
        self.then(self.reads(Object::Interface), |state, _| *state.interface.probed)
            .await
    }

    /// Forgets all of them.
    pub fn disown_all(&self) {
        self.children().borrow_mut().clear();
    }

    /// Whether the function is there for a driver to bind to: enabled, or active, by the driver of the function it belongs
    /// to. Whether the host has taken off its bus a function that belongs to no other is looked at elsewhere.
    pub(crate) async fn is_present(&self) -> bool {
        let Some(parent) = self.parent() else {
            return true;
        };
        let functions = [parent.reads(Object::Subfunctions), parent.reads(Object::Sriov)];
        parent
            .then(functions, |state, _| match self.endpoint() {
                Function::Sf(number) => {
                    let devices = &state.subfunction.devices;
                    devices.contains(&subfunction_id(state, number))
                }
                Function::Vf(number) | Function::EcVf(number) => state.sriov.is_on_bus(number),
                _ => true,
            })
            .await
    }
}

/// Scalable functions are named from 1, in the order of their ids.
fn subfunction_id(state: &State, number: u16) -> u16 {
    let base = state.capabilities.general().sf_base_id();
    base.wrapping_add(number).wrapping_sub(1)
}

/// The scalable function with this id.
pub(crate) fn subfunction(state: &State, id: u16) -> Function {
    let base = state.capabilities.general().sf_base_id();
    Function::Sf(id.wrapping_sub(base).wrapping_add(1))
}

/// Resets the function (sysfs `reset`: `pci_reset_function`, `pcie_flr`). The bound driver, if there is one, is not told:
/// mlx5 has no part in it (`reset_prepare`, `reset_done`). It goes on with queues and commands that firmware has forgotten.
///
/// # Errors
/// `-ENOENT` without the function, `-EIO` when the host could not.
pub(crate) async fn reset(driver: &Driver) -> Result<(), Errno> {
    if !driver.is_present().await {
        return Err(Errno::ENOENT);
    }
    driver
        .holding(Object::DeviceLock, async || {
            let about = [driver.writes(Object::Registers), driver.reads(Object::Interface)];
            driver
                .step(about, |state, bus| match *state.interface.removed {
                    true => Err(Errno::ENOENT),
                    false => Ok(bus.reset_function()?),
                })
                .await?;
            driver.pause(pauses::FUNCTION_RESET).await;
            Ok(())
        })
        .await
}

/// Unbinds the driver of a function that goes away, if there is one and it is bound.
pub(crate) async fn unbind(driver: &Driver, function: Function) {
    let child = driver.children().borrow().get(&function).cloned();
    // Whether one was there is part of what the task has seen.
    let is_there = driver.runtime().see(|| child.is_some());
    let Some(child) = child.filter(|_| is_there) else {
        return;
    };
    child
        .holding(Object::DeviceLock, async || {
            // Removing a driver can remove drivers of functions below its own: a future of unknown size.
            let removal: Pin<Box<dyn Future<Output = _> + '_>> = Box::pin(child.remove());
            // That none was bound is no error here.
            let _unbound = removal.await;
        })
        .await;
}
