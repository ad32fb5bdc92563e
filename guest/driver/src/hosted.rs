//! The drivers of one run after another, on functions that stay open.

use crate::arguments::Arguments;
use crate::clock::ControlClock;
use driver_host::orders::{HostAnswer, HostOrder, HostReply, carry_out};
use driver_host::remote::{RemoteMachine, Seat};
use driver_host::{HostLost, HostStop, Machine, World, WorldSetup};
use driver_vfio::{Card, VfioBus, VfioError};
use prm::Cycles;
use std::cell::RefCell;
use std::rc::Rc;

/// A world on the bus of this machine.
type VfioWorld = World<RemoteMachine<VfioBus, ControlClock>>;

/// See the module's head.
pub struct Hosted {
    card: Rc<RefCell<Card>>,
    clock: ControlClock,
    /// Bytes of BAR 2 that are the registers of one SF.
    sf_window: u64,
    /// The run that is under way.
    world: Option<VfioWorld>,
}

impl Hosted {
    /// No run is under way, and no function is open.
    ///
    /// # Errors
    /// [`VfioError`] where this kernel has no VFIO, or no memory.
    pub fn new(arguments: Arguments, clock: ControlClock) -> Result<Self, VfioError> {
        let card = Card::new(arguments.addresses, arguments.memory)?;
        Ok(Self {
            card: Rc::new(RefCell::new(card)),
            clock,
            sf_window: arguments.sf_window,
            world: None,
        })
    }

    /// Carries out an order.
    pub fn carry_out(&mut self, order: HostOrder) -> HostReply {
        let outcome = match order {
            HostOrder::Begin(setup) => self.begin(*setup).map(|()| HostAnswer::Done),
            order => match &mut self.world {
                Some(world) => carry_out(world, order),
                None => Err(lost("no run has begun")),
            },
        };
        let trouble = |world: &VfioWorld| world.machine().failure().map(str::to_owned);
        HostReply {
            now: self
                .world
                .as_ref()
                .map_or(Cycles::ZERO, |world| world.machine().now()),
            trouble: self.world.as_ref().and_then(trouble),
            outcome,
        }
    }

    /// What the last run had of the card is given back before.
    fn begin(&mut self, setup: WorldSetup) -> Result<(), HostStop> {
        self.world = None;
        let main = setup.endpoint();
        let seats = Seat::all(&setup.functions, main, self.sf_window);
        let bus = VfioBus::new(Rc::clone(&self.card), seats).map_err(lost)?;
        let machine = RemoteMachine::new(bus, self.clock.clone(), setup.page_bytes).map_err(lost)?;
        self.world = Some(World::new(machine, setup));
        Ok(())
    }
}

fn lost(why: impl ToString) -> HostStop {
    HostLost(why.to_string()).into()
}
