//! A driver whose host is reached by lines of JSON only, as one in a guest is; host and device are in this process all the
//! same.

use driver_host::orders::{DistantHost, HostAnswer, HostOrder, HostReply, Port, carry_out};
use driver_host::{HostLost, HostStop, World};
use embedding::{InprocMachine, InprocWorld, RunSetup};
use harness::stage::inproc::InprocFirmware;
use harness::stage::ours::{ABILITIES, DriverStage};
use prm::Cycles;
use std::cell::RefCell;
use std::rc::Rc;

/// The stage.
pub type DistantStage = DriverStage<DistantHost<Lines>, InprocFirmware>;

/// The way to a host in this process, which ends after so many orders.
pub struct Lines {
    machine: Option<InprocMachine>,
    world: Rc<RefCell<Option<InprocWorld>>>,
    orders_left: u64,
}

impl Port for Lines {
    fn call(&mut self, order: &HostOrder) -> Result<HostReply, String> {
        let left = self.orders_left.checked_sub(1);
        self.orders_left = left.ok_or("the line is dead")?;
        let line = serde_json::to_string(order).map_err(|error| error.to_string())?;
        let reply = self.answer(serde_json::from_str(&line).map_err(|error| error.to_string())?);
        let line = serde_json::to_string(&reply).map_err(|error| error.to_string())?;
        serde_json::from_str(&line).map_err(|error| error.to_string())
    }
}

impl Lines {
    fn answer(&mut self, order: HostOrder) -> HostReply {
        let mut world = self.world.borrow_mut();
        let outcome = match (order, self.machine.take(), world.as_mut()) {
            (HostOrder::Begin(setup), Some(machine), _) => {
                *world = Some(World::new(machine, *setup));
                Ok(HostAnswer::Done)
            }
            (order, _, Some(world)) => carry_out(world, order),
            (_, _, None) => Err(HostLost("no run has begun".to_owned()).into()),
        };
        HostReply {
            now: world.as_ref().map_or(Cycles::ZERO, World::now),
            trouble: None,
            outcome,
        }
    }
}

/// A device that nobody has touched, and drivers that take so many orders.
pub fn stage(setup: &RunSetup, orders: u64) -> Result<DistantStage, HostStop> {
    let silicon = setup.silicon().expect("the device can be built");
    let of_world = setup.world(&silicon);
    let world = Rc::default();
    let lines = Lines {
        machine: Some(InprocMachine::new(silicon, setup.page_bytes)),
        world: Rc::clone(&world),
        orders_left: orders,
    };
    let host = DistantHost::begin(lines, of_world.clone())?;
    let firmware = InprocFirmware::of(world.borrow().as_ref().expect("a run has begun"));
    Ok(DriverStage::new(ABILITIES, host, firmware, &of_world))
}
