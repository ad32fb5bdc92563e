//! The function: from the first register read to INIT_HCA, and back.

use super::occasion::Occasion;
use crate::capabilities;
use crate::command;
use crate::errno::Errno;
use crate::handle::{Driver, LastLook, Look, Patience};
use crate::health;
use crate::message::MessageKind;
use crate::pages;
use crate::pauses::START_LOOK;
use crate::register_access;
use crate::registers;
use crate::revision::TimedOutMailboxes;
use crate::runtime::Object;
use crate::state::command::CommandErrorKind;
use crate::state::interface::FunctionKind;
use crate::timeouts;
use prm::access_register::{HostEndianness, RegisterId};
use prm::command::Command as _;
use prm::hca::{DisableHca, EnableHca, InitHca, QueryIssi, SetIssi, TeardownHca};
use prm::{Cycles, QueryPagesPhase};

/// Brings the function up (`mlx5_function_setup`).
///
/// # Errors
/// What failed first; everything before it is undone.
pub(super) async fn set_up(driver: &Driver, occasion: Occasion) -> Result<(), Errno> {
    enable(driver, occasion).await?;
    if let Err(errno) = open(driver).await {
        disable(driver, occasion).await;
        return Err(errno);
    }
    Ok(())
}

/// Brings up a scalable function whose manager does the rest (`mlx5_init_one_light`).
///
/// # Errors
/// What failed first; everything before it is undone.
pub(super) async fn set_up_light(driver: &Driver) -> Result<(), Errno> {
    enable(driver, Occasion::Probe).await?;
    if let Err(error) = capabilities::query_light(driver).await {
        disable(driver, Occasion::Probe).await;
        return Err(error.errno());
    }
    Ok(())
}

/// Undoes [`set_up_light`], unless the device was lost or never came up (`mlx5_uninit_one_light`).
pub(super) async fn close_light(driver: &Driver) {
    let in_error = driver
        .then(driver.reads(Object::DeviceState), |state, _| {
            state.interface.in_error()
        })
        .await;
    if !in_error {
        disable(driver, Occasion::Probe).await;
    }
}

/// Undoes [`set_up`] (`mlx5_function_teardown`). If firmware refuses the teardown, nothing of what follows is done:
/// pages stay in the book, the command queue in memory.
pub(super) async fn tear_down(driver: &Driver, occasion: Occasion) {
    match command::run::<TeardownHca>(driver, &TeardownHca::input()).await {
        Ok(_) => disable(driver, occasion).await,
        Err(_) => {
            driver.message(MessageKind::TeardownFailed);
            health::stop_poll(driver, occasion == Occasion::Probe).await;
        }
    }
}

/// From the reset to the boot pages (`mlx5_function_enable`).
async fn enable(driver: &Driver, occasion: Occasion) -> Result<(), Errno> {
    let (pre_init, init) = driver.settled(|state| {
        let limits = &state.timeouts;
        let pre_init = match occasion {
            Occasion::Probe | Occasion::Reload => limits.pre_init,
            Occasion::Recovery => limits.pre_init_on_recovery,
        };
        (pre_init, limits.init)
    });
    wait_started(driver, pre_init).await?;
    command::enable(driver).await?;
    if let Err(errno) = start(driver, init).await {
        shut(driver).await;
        return Err(errno);
    }
    let result = match choose_issi(driver).await {
        Ok(()) => pages::satisfy_startup(driver, QueryPagesPhase::Boot).await,
        Err(errno) => Err(errno),
    };
    if let Err(errno) = result {
        // Boot pages that were given before the failure stay in the book.
        close(driver, occasion).await;
        return Err(errno);
    }
    if let Err(error) = timeouts::query_register(driver).await {
        disable(driver, occasion).await;
        return Err(error.errno());
    }
    Ok(())
}

/// Waits until the device has started, and enables the function.
async fn start(driver: &Driver, limit: Cycles) -> Result<(), Errno> {
    wait_started(driver, limit).await?;
    let ecpf = driver
        .step(
            [driver.writes(Object::LoadTime), driver.reads(Object::Registers)],
            |state, bus| {
                *state.interface.ecpf = registers::initializing(bus).embedded_cpu();
                *state.interface.ecpf
            },
        )
        .await;
    command::set_up(driver).await;
    command::run::<EnableHca>(driver, &EnableHca::input().with_ec_function(ecpf)).await?;
    health::start_poll(driver).await;
    Ok(())
}

/// Waits for the device's start (`wait_fw_init`). Nobody waits any longer once the driver is to be removed.
///
/// # Errors
/// `-ETIMEDOUT`, and `-ENODEV` for a driver that is to be removed.
async fn wait_started(driver: &Driver, limit: Cycles) -> Result<(), Errno> {
    let mut patience = Patience::begin(driver, limit, LastLook::AtLimit);
    let about = [driver.reads(Object::Registers), driver.reads(Object::Health)];
    let started = driver
        .wait_until(about, START_LOOK, &mut patience, |_: Option<&()>, state, bus| {
            match registers::initializing(bus).initializing() {
                false => Look::Reached(Ok(())),
                true if state.health.gives_up() => Look::Reached(Err(Errno::ENODEV)),
                true => Look::NotYet(()),
            }
        })
        .await;
    started.unwrap_or_else(|()| {
        driver.message(MessageKind::FirmwareNotReady {
            limit_ms: limit.as_millis(),
        });
        Err(Errno::ETIMEDOUT)
    })
}

/// Chooses the interface step sequence: 1 if the device knows it, else 0 (`mlx5_core_set_issi`).
async fn choose_issi(driver: &Driver) -> Result<(), Errno> {
    let known = match command::run::<QueryIssi>(driver, &QueryIssi::input()).await {
        Ok(output) => output.supported_issi(),
        // A device that does not know the question knows sequence 0 only.
        Err(error) if matches!(error.kind, CommandErrorKind::Status { .. }) => 0,
        Err(error) => return Err(error.errno()),
    };
    let issi = if known >> 1 & 1 == 1 {
        command::run::<SetIssi>(driver, &SetIssi::input().with_current_issi(1)).await?;
        1
    } else if known & 1 == 1 || known == 0 {
        0
    } else {
        return Err(Errno::EOPNOTSUPP);
    };
    driver
        .step(driver.writes(Object::LoadTime), |state, _| {
            *state.interface.issi = issi
        })
        .await;
    Ok(())
}

/// From the boot pages to INIT_HCA and the capabilities in force (`mlx5_function_open`).
async fn open(driver: &Driver) -> Result<(), Errno> {
    if driver.settled(|state| state.interface.kind) == FunctionKind::Physical {
        write_host_endianness(driver).await?;
    }
    capabilities::configure(driver).await?;
    pages::satisfy_startup(driver, QueryPagesPhase::Init).await?;
    let number = driver.settled(|state| {
        let tells =
            state.capabilities.general().hca_cap_2() && state.capabilities.general_2_max().sw_vhca_id_valid();
        if tells { state.interface.sw_vhca_id } else { 0 }
    });
    command::run::<InitHca>(driver, &InitHca::input().with_sw_vhca_id(number)).await?;
    capabilities::query_all(driver).await?;
    pages::check_mode(driver).await
}

/// Tells the device the host's byte order: little-endian (`set_hca_ctrl`).
async fn write_host_endianness(driver: &Driver) -> Result<(), Errno> {
    let register = HostEndianness::new();
    register_access::write(driver, RegisterId::HostEndianness, &register).await?;
    Ok(())
}

/// Takes all pages back and disables the function (`mlx5_function_disable`).
async fn disable(driver: &Driver, occasion: Occasion) {
    pages::reclaim_startup(driver).await;
    close(driver, occasion).await;
}

/// Disables the function and gives the command queue back, whatever firmware says.
async fn close(driver: &Driver, occasion: Occasion) {
    health::stop_poll(driver, occasion == Occasion::Probe).await;
    let ecpf = driver.settled(|state| *state.interface.ecpf);
    let _disabled = command::run::<DisableHca>(driver, &DisableHca::input().with_ec_function(ecpf)).await;
    shut(driver).await;
}

/// Ends the command interface. Where mailboxes of commands without an answer are kept, such a command makes a reset
/// necessary: only that ends it.
async fn shut(driver: &Driver) {
    let kept = driver.revision().timed_out_mailboxes() == TimedOutMailboxes::Kept;
    let lost = kept && driver.go_on(|state, _| state.command.lost_slots() > 0);
    let keep_memory = lost && !health::reset_function(driver).await;
    command::set_down(driver).await;
    command::disable(driver, keep_memory).await;
}
