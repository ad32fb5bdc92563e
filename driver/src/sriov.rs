//! The function's own VFs.

use crate::books::FunctionType;
use crate::bus;
use crate::command;
use crate::errno::Errno;
use crate::eswitch;
use crate::handle::Driver;
use crate::message::{AwaitedPages, MessageKind, VfNumber};
use crate::pages;
use crate::pauses;
use crate::runtime::Object;
use crate::state::interface::{FunctionKind, Interface};
use crate::state::{State, functions};
use prm::command::Command as _;
use prm::function::Function;
use prm::hca::{DisableHca, EnableHca};

/// Why VFs are disabled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reason {
    /// Their number changes.
    NumberChanges,
    /// The driver goes.
    DriverGoes,
}

/// Whether the function can have VFs of its own.
fn is_pf(driver: &Driver) -> bool {
    driver.settled(|state| state.interface.kind == FunctionKind::Physical)
}

/// The function behind the VF of this number.
fn own_vf(driver: &Driver, number: u16) -> Function {
    match driver.endpoint() {
        Function::Ecpf => Function::EcVf(number),
        _ => Function::Vf(number),
    }
}

/// Learns how many VFs there can be (`mlx5_sriov_init`).
pub(crate) async fn init(driver: &Driver) {
    if !is_pf(driver) {
        return;
    }
    let total = driver.options().total_vfs;
    let manager = driver
        .step(driver.reads(Object::Sriov), |state, _| {
            functions::is_ecpf_manager(state)
        })
        .await;
    let host_total = if manager {
        match eswitch::query_functions(driver).await {
            Ok(functions) => functions.host.map_or(0, |host| host.total_vfs),
            Err(_) => total,
        }
    } else {
        total
    };
    driver
        .step(driver.writes(Object::Sriov), |state, _| {
            state.sriov.max_vfs = host_total;
            state.sriov.max_ec_vfs = if functions::has_ec_sriov(state) { total } else { 0 };
        })
        .await;
}

/// Drops what is kept per VF (`mlx5_sriov_cleanup`). How many there can be stays known until the next probe: the last
/// pages to come back are still told apart by it.
pub(crate) async fn cleanup(driver: &Driver) {
    driver
        .step(driver.writes(Object::Sriov), |state, _| {
            state.sriov.enabled.clear()
        })
        .await;
}

/// Enables the VFs that are on the bus already (`mlx5_sriov_attach`).
///
/// # Errors
/// As enabling the eswitch.
pub(crate) async fn attach(driver: &Driver) -> Result<(), Errno> {
    let count = driver
        .step(driver.reads(Object::Sriov), |state, _| state.sriov.num_vfs)
        .await;
    if !is_pf(driver) || count == 0 {
        return Ok(());
    }
    enable_functions(driver, count).await
}

/// Disables the VFs, which stay on the bus (`mlx5_sriov_detach`).
pub(crate) async fn detach(driver: &Driver) {
    if is_pf(driver) {
        let count = driver
            .then(driver.reads(Object::Sriov), |state, _| state.sriov.num_vfs)
            .await;
        disable_functions(driver, count, false, Reason::DriverGoes).await;
    }
}

/// Writes the number of VFs that there are to be (`sriov_numvfs_store`). The host decides most of it before the driver is
/// asked, in this order: whether there is such a file, whether the number can be, whether it changes anything, whether there
/// is a driver.
///
/// # Errors
/// `ENOENT` without an SR-IOV capability, without a driver, or where the function was taken off its bus, `EINVAL` for what is no 16-bit number, `ERANGE` for more
/// than there can be, `EBUSY` for another number while some are enabled; as enabling the eswitch.
pub(crate) async fn write_number(driver: &Driver, number: i32) -> Result<(), Errno> {
    let total = driver.options().total_vfs;
    if total == 0 {
        return Err(Errno::ENOENT);
    }
    let count = u16::try_from(number).map_err(|_| Errno::EINVAL)?;
    if count > total {
        return Err(Errno::ERANGE);
    }
    driver
        .holding(Object::DeviceLock, async || change_number(driver, count).await)
        .await
}

async fn change_number(driver: &Driver, count: u16) -> Result<(), Errno> {
    let number = [driver.reads(Object::Sriov), driver.reads(Object::Interface)];
    let (present, bound, removed) = driver
        .step(number, |state, _| {
            let Interface { probed, removed, .. } = &state.interface;
            (state.sriov.num_vfs, **probed, **removed)
        })
        .await;
    if removed {
        return Err(Errno::ENOENT);
    }
    if count == present {
        return Ok(());
    }
    if !bound {
        driver.message(MessageKind::NoDriverForVfs);
        return Err(Errno::ENOENT);
    }
    if count == 0 {
        take_off_bus(driver, Reason::NumberChanges).await;
        return Ok(());
    }
    if present != 0 {
        driver.message(MessageKind::VfsEnabledAlready {
            present,
            wanted: count,
        });
        return Err(Errno::EBUSY);
    }
    enable(driver, count).await
}

/// Enables `count` VFs (`mlx5_sriov_enable`). The caller holds the device's lock.
///
/// # Errors
/// As enabling the eswitch.
async fn enable(driver: &Driver, count: u16) -> Result<(), Errno> {
    driver
        .holding(Object::DevlinkLock, async || {
            enable_functions(driver, count).await
        })
        .await?;
    driver.pause(pauses::VFS_ENABLED).await;
    for _ in 0..count {
        driver.pause(pauses::VF_ADDED).await;
    }
    driver
        .step(driver.writes(Object::Sriov), |state, _| {
            state.sriov.num_vfs = count
        })
        .await;
    Ok(())
}

/// Disables all VFs because the driver is removed (`mlx5_sriov_disable` from `remove_one`). The caller holds no lock.
pub(crate) async fn remove(driver: &Driver) {
    if is_pf(driver) {
        take_off_bus(driver, Reason::DriverGoes).await;
    }
}

async fn take_off_bus(driver: &Driver, reason: Reason) {
    let present = driver
        .step(driver.reads(Object::Sriov), |state, _| state.sriov.num_vfs)
        .await;
    for vf in 1..=present {
        driver
            .step(driver.writes(Object::Sriov), |state, _| {
                state.sriov.taken_off = vf
            })
            .await;
        bus::unbind(driver, own_vf(driver, vf)).await;
        driver.pause(pauses::VF_REMOVED).await;
    }
    if present > 0 {
        driver.pause(pauses::VFS_DISABLED).await;
    }
    let count = driver
        .step(driver.writes(Object::Sriov), |state, _| {
            state.sriov.taken_off = 0;
            std::mem::take(&mut state.sriov.num_vfs)
        })
        .await;
    driver
        .holding(Object::DevlinkLock, async || {
            disable_functions(driver, count, true, reason).await
        })
        .await;
}

/// Vports, then functions (`mlx5_device_enable_sriov`). A VF that fails is reported and left out.
async fn enable_functions(driver: &Driver, count: u16) -> Result<(), Errno> {
    if let Err(errno) = eswitch::enable(driver, count).await {
        driver.message(MessageKind::EswitchSriovFailed { errno });
        return Err(errno);
    }
    let embedded = driver.settled(functions::is_ecpf);
    for vf in 1..=count {
        let input = EnableHca::input().with_function_id(vf).with_ec_function(embedded);
        match command::run::<EnableHca>(driver, &input).await {
            Ok(_) => {
                driver
                    .step(driver.writes(Object::Sriov), |state, _| {
                        state.sriov.enabled.insert(vf)
                    })
                    .await;
            }
            Err(error) => driver.message(MessageKind::EnableVfFailed {
                vf: VfNumber(vf),
                errno: error.errno(),
            }),
        }
    }
    Ok(())
}

/// Functions, then vports, then the wait for their pages (`mlx5_device_disable_sriov`).
async fn disable_functions(driver: &Driver, count: u16, clear: bool, reason: Reason) {
    let embedded = driver.settled(functions::is_ecpf);
    for vf in (1..=count).rev() {
        let is_enabled = driver
            .then(driver.reads(Object::Sriov), |state, _| {
                state.sriov.enabled.contains(&vf)
            })
            .await;
        if !is_enabled {
            continue;
        }
        let input = DisableHca::input()
            .with_function_id(vf)
            .with_ec_function(embedded);
        match command::run::<DisableHca>(driver, &input).await {
            Ok(_) => {
                driver
                    .step(driver.writes(Object::Sriov), |state, _| {
                        state.sriov.enabled.remove(&vf)
                    })
                    .await;
            }
            Err(error) => driver.message(MessageKind::DisableVfFailed {
                vf: VfNumber(vf),
                errno: error.errno(),
            }),
        }
    }
    eswitch::disable_sriov(driver, clear).await;
    wait_for_pages(driver, reason).await;
}

/// Which pages are waited for, and in which order.
fn waits(state: &State, reason: Reason) -> Vec<FunctionType> {
    let own_vfs = match reason {
        Reason::NumberChanges if functions::has_ec_sriov(state) => vec![FunctionType::EcVf],
        Reason::NumberChanges => vec![FunctionType::Vf],
        Reason::DriverGoes => vec![FunctionType::EcVf, FunctionType::Vf],
    };
    // On the embedded CPU, VFs are the host's: nobody waits for them here.
    let embedded = functions::is_ecpf(state);
    own_vfs
        .into_iter()
        .filter(|&of| !(embedded && of == FunctionType::Vf))
        .collect()
}

async fn wait_for_pages(driver: &Driver, reason: Reason) {
    for of in driver.settled(|state| waits(state, reason)) {
        if pages::wait_for_pages(driver, of).await.is_err() {
            let what = if of == FunctionType::EcVf {
                AwaitedPages::EcVfs
            } else {
                AwaitedPages::Vfs
            };
            driver.message(MessageKind::PageWaitTimedOut { what });
        }
    }
}
