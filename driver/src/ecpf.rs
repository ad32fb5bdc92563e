//! The embedded CPU's care for PFs behind it: the host's, and satellites.

use crate::books::FunctionType;
use crate::command;
use crate::errno::Errno;
use crate::handle::Driver;
use crate::message::{AwaitedPages, MessageKind};
use crate::pages;
use crate::runtime::{Announcement, Object};
use crate::state::{State, functions};
use prm::command::Command as _;
use prm::hca::{DisableHca, EnableHca};

/// How a PF behind this one is named: its vport number, or its VHCA id where firmware takes that.
fn name(state: &State, vport: u16) -> (u16, bool) {
    let function = functions::vport_function(state, vport);
    (function.id, function.is_vhca_id)
}

/// What naming such a PF touches.
fn naming(driver: &Driver, vport: u16) -> Announcement {
    [
        driver.reads(Object::Vport(vport)),
        driver.reads(Object::Eswitch),
        driver.reads(Object::Sriov),
    ]
    .into()
}

/// Enables a PF behind the embedded CPU (`mlx5_cmd_pf_enable_hca`). Elsewhere nothing happens.
///
/// # Errors
/// `EINVAL` without such a vport; as ENABLE_HCA.
pub(crate) async fn enable_pf(driver: &Driver, vport: u16) -> Result<(), Errno> {
    let target = driver
        .step(naming(driver, vport), |state, _| {
            (functions::is_ecpf(state) && functions::is_allowed(state)).then(|| name(state, vport))
        })
        .await;
    let Some((id, is_vhca_id)) = target else {
        return Ok(());
    };
    let input = EnableHca::input()
        .with_function_id(id)
        .with_function_id_type(is_vhca_id);
    command::run::<EnableHca>(driver, &input)
        .await
        .map_err(|error| error.errno())?;
    driver
        .step(driver.writes(Object::Vport(vport)), |state, _| {
            state.eswitch.set_activated(vport, true)
        })
        .await;
    Ok(())
}

/// Disables it again; whether that works does not matter (`mlx5_cmd_pf_disable_hca`).
pub(crate) async fn disable_pf(driver: &Driver, vport: u16) {
    let target = driver
        .step(naming(driver, vport), |state, _| {
            (functions::is_ecpf(state) && state.eswitch.is_activated(vport)).then(|| name(state, vport))
        })
        .await;
    let Some((id, is_vhca_id)) = target else { return };
    let input = DisableHca::input()
        .with_function_id(id)
        .with_function_id_type(is_vhca_id);
    if command::run::<DisableHca>(driver, &input).await.is_ok() {
        let access = driver.writes(Object::Vport(vport));
        driver
            .step(access, |state, _| state.eswitch.set_activated(vport, false))
            .await;
    }
}

/// Waits until the functions behind the embedded CPU have no pages left (`mlx5_ec_cleanup`). Elsewhere nothing happens.
///
/// There is nothing to do at load: the manager of an eswitch enables the PFs with the eswitch, and nobody else may.
pub(crate) async fn cleanup(driver: &Driver) {
    if !driver
        .step(driver.reads(Object::Interface), |state, _| {
            functions::is_ecpf(state)
        })
        .await
    {
        return;
    }
    let kinds = [
        (FunctionType::HostPf, AwaitedPages::HostPf),
        (FunctionType::Spf, AwaitedPages::Spf),
        (FunctionType::Vf, AwaitedPages::HostVfs),
    ];
    for (of, what) in kinds {
        if pages::wait_for_pages(driver, of).await.is_err() {
            driver.message(MessageKind::PageWaitTimedOut { what });
        }
    }
}
