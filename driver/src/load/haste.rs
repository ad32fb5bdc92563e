//! Teardown in haste: what firmware may offer besides the graceful way, in which no page is given back by command.

use crate::command;
use crate::device_bus::Bus;
use crate::errno::Errno;
use crate::handle::{Driver, LastLook, Look, Patience};
use crate::message::MessageKind;
use crate::pauses::SWITCH_OFF_LOOK;
use crate::registers;
use crate::runtime::Object;
use crate::state::State;
use prm::command::Command as _;
use prm::hca::{TeardownHca, TeardownHcaOut, TeardownProfile};
use prm::init_segment::NIC_INTERFACE_DISABLED;

/// Prepares the function, and switches it off by its interface register (`mlx5_cmd_fast_teardown_hca`).
///
/// # Errors
/// `EOPNOTSUPP` where that is not offered, `EIO` where firmware says that it failed or the register does not follow; as
/// [`command::execute`].
pub(crate) async fn fast(driver: &Driver) -> Result<(), Errno> {
    if !driver.settled(|state| state.capabilities.general().fast_teardown()) {
        return Err(Errno::EOPNOTSUPP);
    }
    let input = TeardownHca::input().with_profile(TeardownProfile::PrepareFast.raw());
    if command::run::<TeardownHca>(driver, &input).await?.state() {
        driver.message(MessageKind::FastTeardownFailed);
        return Err(Errno::EIO);
    }
    driver
        .step(driver.writes(Object::Registers), |_, bus| {
            registers::write_nic_interface(bus, NIC_INTERFACE_DISABLED);
        })
        .await;
    let limit = driver.settled(|state| state.timeouts.tear_down);
    let mut patience = Patience::begin(driver, limit, LastLook::AtLimit);
    let look = |_: Option<&u8>, _: &State, bus: &mut Bus| match registers::queue_word(bus).nic_interface() {
        NIC_INTERFACE_DISABLED => Look::Reached(()),
        interface => Look::NotYet(interface),
    };
    let registers = driver.reads(Object::Registers);
    let off = driver
        .wait_until(registers, SWITCH_OFF_LOOK, &mut patience, look)
        .await;
    off.map_err(|interface| {
        driver.message(MessageKind::NicInterfaceStuck {
            interface,
            waited_ms: limit.as_millis(),
        });
        Errno::EIO
    })
}

/// Has firmware close everything. Its completion is polled for, whatever the others are: the event queues may be gone by then
/// (`mlx5_cmd_force_teardown_hca`).
///
/// # Errors
/// `EOPNOTSUPP` where that is not offered, `EIO` where firmware says that it failed; as [`command::execute`].
pub(crate) async fn force(driver: &Driver) -> Result<(), Errno> {
    if !driver.settled(|state| state.capabilities.general().force_teardown()) {
        return Err(Errno::EOPNOTSUPP);
    }
    let input = TeardownHca::input().with_profile(TeardownProfile::Force.raw());
    let output = command::execute_polling(driver, input.as_bytes(), TeardownHca::OUTPUT_LENGTH).await?;
    if TeardownHcaOut::from_prefix(&output).is_ok_and(|output| output.state()) {
        driver.message(MessageKind::ForceTeardownFailed);
        return Err(Errno::EIO);
    }
    Ok(())
}
