//! Another kernel takes the machine over: drivers that know nothing, memory that is nobody's, and the device as it was left or reset.

use crate::machine::Machine;
use crate::succession::NextKernel;
use crate::world::World;
use prm::Function;

impl<M: Machine> World<M> {
    /// The last kernel has shut its drivers down and is gone with all its tasks. What it had printed and how its operations ended
    /// stays to be shown.
    pub(crate) fn begin_next_kernel(&mut self, how: NextKernel) {
        self.runtime.end_all();
        self.watched.clear();
        for instance in &self.instances {
            instance.driver.begin_anew();
        }
        let mut machine = self.machine.borrow_mut();
        if how == NextKernel::Reset {
            let functions = self.instances.iter().map(|instance| instance.endpoint);
            // A VF that its PF has not enabled is not on the bus; it goes with its PF.
            for function in
                functions.filter(|function| !matches!(function, Function::Vf(_) | Function::Sf(_)))
            {
                // A machine that is lost tells so by every later access.
                let _lost = machine.reset_function(function);
            }
        }
        let _lost = machine.memory_mut().forget_all();
        let raised = machine.raised();
        for vector in raised {
            machine.take_raised(vector);
        }
        drop(machine);
        self.notify_device();
    }
}
