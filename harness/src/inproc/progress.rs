//! The loop that lets tasks run, the device work and time pass.
//!
//! The order within one moment is fixed: interrupts reach their drivers, then tasks run until none is ready, then
//! the clock moves to whatever comes first. What a driver waits for at the same moment as the device acts comes second: a
//! completion that arrives with the time-out counts as having arrived.

use super::wait_graph;
use super::world::{Ending, Halt, World};
use prm::Cycles;

/// What may make the clock move.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Horizon {
    /// Only commands that the device is executing.
    InService,
    /// Anything that is due.
    Anything,
    /// Anything up to this time.
    Until(Cycles),
}

impl World {
    /// Lets everything happen that can happen without waiting for anything but commands being executed.
    ///
    /// # Errors
    /// [`Halt`] when that has no end.
    pub fn settle(&mut self) -> Result<(), Halt> {
        loop {
            self.drain()?;
            if !self.go_on(Horizon::InService)? {
                return Ok(());
            }
        }
    }

    /// Lets things happen, and time pass, until `reached` says so.
    ///
    /// # Errors
    /// [`Halt`] when that has no end.
    pub fn run_until(&mut self, mut reached: impl FnMut(&Self) -> bool) -> Result<Ending, Halt> {
        loop {
            // Every step of a task may be the one that is waited for.
            while !reached(self) {
                if !self.run_task()? {
                    break;
                }
            }
            if reached(self) {
                return Ok(Ending::Reached);
            }
            if !self.go_on(Horizon::Anything)? {
                return Ok(Ending::Stuck);
            }
        }
    }

    /// Lets so much time pass, and everything happen that happens in it.
    ///
    /// # Errors
    /// [`Halt`] when that has no end.
    pub fn pass(&mut self, time: Cycles) -> Result<(), Halt> {
        let end = self.now().saturating_add(time);
        self.drain()?;
        while self.go_on(Horizon::Until(end))? {
            self.drain()?;
        }
        self.budget.allow(end)?;
        self.move_clock(end);
        self.drain()
    }

    /// Lets time pass until no task runs or waits for a time, and the device has nothing left to do.
    ///
    /// # Errors
    /// [`Halt`] when that has no end.
    pub fn quiesce(&mut self) -> Result<(), Halt> {
        loop {
            self.drain()?;
            let device = self.machine.borrow().silicon.next_due().is_some();
            if !device && self.runtime.next_deadline().is_none() {
                return Ok(());
            }
            self.go_on(Horizon::Anything)?;
        }
    }

    /// Runs one task, or hands over interrupts. Returns whether there was anything to do.
    fn run_task(&mut self) -> Result<bool, Halt> {
        let interrupted = self.deliver_interrupts();
        if self.runtime.run_one()? {
            self.budget.spend()?;
            self.note_ends();
            return Ok(true);
        }
        Ok(interrupted)
    }

    fn note_ends(&mut self) {
        let runtime = &self.runtime;
        let now = self.machine.borrow().now();
        let ended = &mut self.ended;
        self.watched.retain(|&task| {
            let runs = !runtime.has_ended(task);
            if !runs {
                ended.insert(task, now);
            }
            runs
        });
    }

    fn drain(&mut self) -> Result<(), Halt> {
        while self.run_task()? {}
        Ok(())
    }

    fn deliver_interrupts(&self) -> bool {
        let mut any = false;
        loop {
            let raised = self.machine.borrow_mut().take_interrupt();
            let Some((endpoint, vector)) = raised else { return any };
            if let Some(instance) = self.instances.iter().find(|instance| instance.endpoint == endpoint) {
                instance.driver.interrupt(vector);
                any = true;
            }
        }
    }

    /// Moves the clock to whatever comes first. Returns whether there was something within the horizon.
    fn go_on(&mut self, horizon: Horizon) -> Result<bool, Halt> {
        let (in_service, device) = {
            let machine = self.machine.borrow();
            (machine.silicon.next_in_service(), machine.silicon.next_due().map(|due| due.at))
        };
        let timer = self.instances.iter().filter_map(|instance| instance.driver.next_timer()).min();
        let next = [device, self.runtime.next_deadline(), timer].into_iter().flatten().min();
        let Some(next) = next else { return Ok(false) };
        let within = match horizon {
            Horizon::InService => in_service.is_some(),
            Horizon::Anything => true,
            Horizon::Until(end) => next <= end,
        };
        if !within {
            return Ok(false);
        }
        if in_service.is_none() {
            self.look_for_cycles();
        }
        self.budget.spend()?;
        let next = next.max(self.now());
        self.budget.allow(next)?;
        self.move_clock(next);
        Ok(true)
    }

    /// Nothing moves but time: whoever waits now may wait for each other.
    fn look_for_cycles(&mut self) {
        for cycle in wait_graph::cycles(self) {
            if !self.cycles.iter().any(|known| known.is_same_as(&cycle)) {
                self.cycles.push(cycle);
            }
        }
    }

    fn move_clock(&mut self, at: Cycles) {
        let acted = self.machine.borrow_mut().advance_to(at);
        if acted {
            self.notify_device();
        } else {
            self.runtime.expire(at);
            for instance in &self.instances {
                instance.driver.fire_timers();
            }
        }
    }
}
