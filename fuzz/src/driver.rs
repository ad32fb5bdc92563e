//! `driver`: our drivers in their three revisions, on a device that lies in what it writes, in what its registers read as and in
//! when it interrupts.
//!
//! Whatever it says, the drivers come to no end but that of their budget: no step does what it has not announced, the counters of
//! types add up to the total, and what has no owner is not freed. The robust revision writes nowhere but into its own memory and
//! gives nothing back twice.

pub mod liar;

use crate::budget::tell;
use crate::devices;
use crate::draw::Draw;
use crate::orders;
use ::driver::{HostOperation, PciError, RevisionName};
use driver_host::fault::{FaultPlan, FaultSite};
use driver_host::{Halt, HostView, Limits, Machine, Schedule, StrayKind, World, WorldSetup};
use emulator::Silicon;
use emulator::config::DeviceKind;
use liar::Liar;
use prm::{Cycles, EswitchMode};

/// Acts of an input that are carried out at most.
const MOST_ACTS: usize = 40;
/// The budget of a run, in events: a driver that loads and unloads with three VFs takes a fifth.
const EVENTS: u64 = 30_000;
/// Frames of the host, of 4 KiB: what a device asks for without end comes to an end there.
pub(crate) const FRAMES: u64 = 1 << 15;
/// Bytes of an input behind which its lies begin.
pub(crate) const PROGRAM: usize = 96;

/// Carries an input out.
///
/// # Panics
/// If a promise is broken.
pub fn run(input: &[u8]) {
    let (program, lies) = input.split_at(input.len().min(PROGRAM));
    let mut draw = Draw::new(program);
    let revision = draw.one(&RevisionName::ALL);
    let device = devices::device(&mut draw);
    let total_vfs = match device.kind {
        DeviceKind::Pf => device.vfs.total,
        DeviceKind::Ecpf => device.ec_vfs.total,
        DeviceKind::Vf => 0,
    };
    let manages = device.eswitch.manager;
    let Ok(silicon) = Silicon::new(device, 1) else {
        return;
    };
    let page_bytes = draw.one(&[0x1000, 0x1000, 0x1000, 0x1_0000]);
    let setup = WorldSetup {
        functions: silicon.endpoints(),
        total_vfs,
        light_subfunctions: manages,
        page_bytes,
        revision,
        eswitch_support: draw.byte() & 7 != 7,
        schedule: if draw.byte() & 3 == 3 {
            Schedule::Seeded(draw.byte().into())
        } else {
            Schedule::InOrder
        },
        limits: Limits {
            events: EVENTS,
            ..Limits::default()
        },
        keep_activity: false,
    };
    let endpoints = setup.functions.clone();
    let mut world = World::new(Liar::new(silicon, page_bytes, lies), setup);
    world.machine_mut().memory_mut().frames_mut().set_room(FRAMES);
    world.start(0, HostOperation::Load);
    let mut ends = world.settle();
    for _ in 0..MOST_ACTS {
        check(&mut world, revision);
        if draw.is_over() || ends.is_err() {
            break;
        }
        world.begin_step();
        ends = match draw.below(16) {
            0..=4 => {
                let operation = operation(&mut draw);
                tell(|| format!("{revision}: {operation:?}"));
                let task = world.start(0, operation);
                if draw.flag() {
                    world.run_until(|world| world.ended_at(task).is_some()).map(drop)
                } else {
                    world.settle()
                }
            }
            5 => {
                let place = world.bind(endpoints[draw.below(endpoints.len())]);
                let operation = draw.one(&[
                    HostOperation::Load,
                    HostOperation::Unload,
                    HostOperation::ResetFunction,
                ]);
                tell(|| format!("{operation:?} at {place}"));
                world.start(place, operation);
                world.settle()
            }
            6 => world.pass(Cycles::from_millis(u64::from(draw.half()))),
            7 => world.settle(),
            8 | 9 => {
                let order = orders::firmware(&mut draw, 1);
                tell(|| format!("{order:?}"));
                world.machine_mut().order(&order);
                world.device_acted();
                world.settle()
            }
            10 => {
                let order = orders::gate(&mut draw);
                tell(|| format!("{order:?}"));
                world.machine_mut().gate(&order);
                world.device_acted();
                world.settle()
            }
            11 | 12 => {
                world.machine_mut().scribble(&mut draw);
                world.device_acted();
                world.settle()
            }
            13 => {
                world.machine_mut().interrupt(&mut draw);
                world.settle()
            }
            14 => {
                let site = if draw.flag() {
                    FaultSite::Page
                } else {
                    FaultSite::Mapping
                };
                let (skip, times) = (draw.byte().into(), draw.byte().into());
                world
                    .machine_mut()
                    .memory_mut()
                    .plan_fault(FaultPlan { site, skip, times });
                Ok(())
            }
            _ => world.quiesce(),
        };
    }
    match ends {
        // A device can keep a driver busy without end, and that is what budgets are for.
        Ok(()) | Err(Halt::Exhausted(_)) => {}
        Err(halt) => panic!("{halt}"),
    }
    check(&mut world, revision);
}

/// What a person does, in any order.
fn operation(draw: &mut Draw<'_>) -> HostOperation {
    let number = draw.byte();
    let small = u16::from(number & 3) + 1;
    match number >> 3 {
        0..=3 => HostOperation::Load,
        4..=7 => HostOperation::Unload,
        8 => HostOperation::Reload,
        9..=11 => HostOperation::EnableVfs(i32::from(number & 7) - 1),
        12 => HostOperation::DisableVfs,
        13 => HostOperation::ResetFunction,
        14 => HostOperation::ActivateFirmware,
        15 => HostOperation::SuspendResume,
        16 => HostOperation::Kexec,
        17 => HostOperation::Reboot,
        18 => HostOperation::Remove,
        19 => HostOperation::Rescan,
        20 => HostOperation::PciError(if number & 1 == 0 {
            PciError::Fatal
        } else {
            PciError::Nonfatal
        }),
        21 | 22 => HostOperation::SetEswitchMode(EswitchMode::Switchdev),
        23 => HostOperation::SetEswitchMode(EswitchMode::Legacy),
        24 | 25 => HostOperation::AddSf(small),
        26 => HostOperation::AddHostSf(small),
        27 | 28 => HostOperation::ActivateSf(small),
        29 => HostOperation::DeactivateSf(small),
        _ => HostOperation::RemoveSf(small),
    }
}

fn check(world: &mut World<Liar>, revision: RevisionName) {
    drop(world.machine_mut().silicon.take_records());
    for (endpoint, _, driver) in world.drivers() {
        let counters = driver.books().counters;
        tell(|| format!("    {endpoint}: loaded {}, {counters:?}", driver.books().loaded));
        let sum = counters.by_type().into_iter().fold(0u32, u32::wrapping_add);
        assert_eq!(
            sum, counters.fw_pages_total,
            "{endpoint}: types add up to the total: {counters:?}"
        );
    }
    let strays = world.machine_mut().memory_mut().take_strays();
    let mine = strays.iter().find(|stray| match stray.kind {
        StrayKind::DriverWrite
        | StrayKind::WrongFree
        | StrayKind::FreedWhileMapped
        | StrayKind::WrongUnmap => true,
        StrayKind::DeviceRead
        | StrayKind::DeviceWrite
        | StrayKind::LowMemoryRead
        | StrayKind::LowMemoryWrite => false,
    });
    if revision == RevisionName::Robust {
        assert_eq!(mine, None, "the driver's memory is its own, and given back once");
    }
    drop(world.machine().memory().shown());
}
