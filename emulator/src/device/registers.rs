//! The register window of an endpoint: the initialisation segment and the doorbells of its UAR pages.

use crate::bus::Buses;
use crate::order::LinkState;
use crate::state::action::{Act, Action, Register};
use crate::state::command_queue::{LOG_QUEUE_SIZE, LOG_QUEUE_STRIDE};
use crate::state::endpoint::Endpoint;
use crate::state::health;
use crate::state::silicon::Silicon;
use crate::version::FirmwareVersion;
use prm::init_segment::{
    self as segment, COMMAND_INTERFACE_REVISION, FirmwareRevision, InitializingWord, InterfaceRevision,
    NIC_INTERFACE_DISABLED, NIC_INTERFACE_FULL, NIC_INTERFACE_SOFTWARE_RESET, QueueAddressLow, Timeout,
};
use prm::uar::{EQ_DOORBELL_ARM, EQ_DOORBELL_NO_ARM, EqDoorbell};
use prm::{ADAPTER_PAGE_SHIFT, ADAPTER_PAGE_SIZE, Cycles, Function};

const HEALTH_BUFFER_END: u64 = segment::HEALTH_BUFFER + 0x40;

impl Silicon {
    /// Reads a 32-bit register of an endpoint's window. `offset` is in bytes from the start of BAR 0 (of an SF: of
    /// its window in BAR 2) and is rounded down to a register. The value is the big-endian word of the wire as an integer;
    /// registers that do not exist read 0, those of a function without a window all ones, and all of them while the link is down.
    #[must_use]
    pub fn read_register(&mut self, endpoint: Function, offset: u32, now: Cycles) -> u32 {
        let offset = u64::from(offset & !3);
        let act = Act::at(endpoint, Action::Read(Register::at(offset)));
        self.acts(act, |silicon| silicon.register(endpoint, offset, now))
    }

    fn register(&mut self, endpoint: Function, offset: u64, now: Cycles) -> u32 {
        let is_reached = *self.link == LinkState::Up;
        let Some(state) = self.endpoints.get_mut(&endpoint).filter(|_| is_reached) else {
            return u32::MAX;
        };
        if offset == segment::HEALTH_COUNTER {
            state.health.seen_at = Some(now);
        }
        let state = &*state;
        let version = FirmwareVersion::of(self.config.identity().firmware_family);
        match offset {
            segment::FIRMWARE_REVISION => FirmwareRevision::new()
                .with_major(version.major.into())
                .with_minor(version.minor.into())
                .to_word(),
            segment::INTERFACE_REVISION => InterfaceRevision::new()
                .with_interface_revision(COMMAND_INTERFACE_REVISION)
                .with_firmware_subminor(version.subminor)
                .to_word(),
            segment::QUEUE_ADDRESS_HIGH => state.queue.address_high(),
            segment::QUEUE_ADDRESS_LOW => QueueAddressLow::new()
                .with_nic_interface(state.interface.nic_interface)
                .with_log_size(LOG_QUEUE_SIZE)
                .with_log_stride(LOG_QUEUE_STRIDE)
                .to_word(),
            segment::INITIALIZING => initializing(state, now)
                .with_firmware_reset_supported(self.config.firmware.takes_reset_requests)
                .to_word(),
            segment::COMMAND_TIMEOUT | segment::QUEUE_INIT_TIMEOUT => self.announced_timeout(),
            segment::INTERNAL_TIMER_HIGH => halves(now.0).0,
            segment::INTERNAL_TIMER_LOW => halves(now.0).1,
            segment::HEALTH_COUNTER => health::counter(now),
            segment::HEALTH_BUFFER..HEALTH_BUFFER_END => {
                let at = usize::try_from(offset - segment::HEALTH_BUFFER).unwrap_or(0);
                let buffer = state.health.buffer(self.config.identity());
                buffer.as_bytes()[at..]
                    .first_chunk()
                    .map_or(0, |word| u32::from_be_bytes(*word))
            }
            _ => 0,
        }
    }

    /// Reads one byte of a register; byte 0 is the most significant.
    #[must_use]
    pub fn read_register_byte(&mut self, endpoint: Function, offset: u32, now: Cycles) -> u8 {
        let place = usize::try_from(offset & 3).unwrap_or(0);
        self.read_register(endpoint, offset, now).to_be_bytes()[place]
    }

    /// Writes a 32-bit register of an endpoint's window; `offset` and `value` as for [`Self::read_register`].
    /// Doorbells are acted upon at once: a command is fetched from host memory, a pending interrupt is raised. While the link is down
    /// what is written is lost.
    pub fn write_register(
        &mut self,
        endpoint: Function,
        offset: u32,
        value: u32,
        now: Cycles,
        buses: &mut dyn Buses,
    ) {
        let place = u64::from(offset);
        let action = match (place, place % ADAPTER_PAGE_SIZE) {
            (segment::COMMAND_DOORBELL, _) => Action::CommandDoorbell,
            (ADAPTER_PAGE_SIZE.., EQ_DOORBELL_ARM | EQ_DOORBELL_NO_ARM) => Action::EventDoorbell,
            _ => Action::Write(Register::at(place)),
        };
        let fetches = self.acts(Act::at(endpoint, action), |silicon| {
            silicon.set_register(endpoint, offset, value, now, buses)
        });
        if fetches {
            self.fetch(endpoint, value, now, buses);
        }
    }

    /// True if commands are to be fetched now.
    fn set_register(
        &mut self,
        endpoint: Function,
        offset: u32,
        value: u32,
        now: Cycles,
        buses: &mut dyn Buses,
    ) -> bool {
        if *self.link == LinkState::Down {
            return false;
        }
        let Some(state) = self.endpoints.get_mut(&endpoint) else {
            self.refuse(endpoint, now, "write to a function without a register window");
            return false;
        };
        match u64::from(offset) {
            segment::QUEUE_ADDRESS_HIGH => state.queue.set_address_high(value),
            segment::QUEUE_ADDRESS_LOW => self.write_queue_address(endpoint, value, now),
            segment::COMMAND_DOORBELL => return self.ring_commands(endpoint, value, now, buses),
            segment::INITIALIZING => {
                let unloaded = InitializingWord::from_word(value).reset_acknowledged();
                if unloaded && self.awaits_unload(endpoint) {
                    // Firmware is reset; a new endpoint knows of no reset.
                    self.reset_endpoint(endpoint, now);
                    if let Some(state) = self.endpoints.get_mut(&endpoint) {
                        // Until it is up again firmware shows that the reset is not over.
                        state.interface.ready_at = now;
                    }
                }
            }
            _ => self.write_uar(endpoint, offset, value, now, buses),
        }
        false
    }

    /// The low half of the queue address, or an order to the function's interface: the field `nic_interface` tells.
    fn write_queue_address(&mut self, endpoint: Function, value: u32, now: Cycles) {
        let register = QueueAddressLow::from_word(value);
        let interface = register.nic_interface();
        if interface == NIC_INTERFACE_SOFTWARE_RESET {
            if self.config.firmware.takes_reset_requests {
                self.reset_firmware(now);
            } else {
                self.reset_endpoint(endpoint, now);
            }
        } else if interface == NIC_INTERFACE_FULL {
            self.begin_anew(endpoint, now);
        } else if interface == NIC_INTERFACE_DISABLED {
            self.switch_off(endpoint, now);
        }
        if let Some(state) = self.endpoints.get_mut(&endpoint) {
            state.interface.nic_interface = match interface {
                // The reset is over as soon as it is asked for: what is left is a function that is off.
                NIC_INTERFACE_SOFTWARE_RESET => NIC_INTERFACE_DISABLED,
                other => other,
            };
            if interface == NIC_INTERFACE_FULL {
                state
                    .queue
                    .set_address_low(register.address_31_12() << ADAPTER_PAGE_SHIFT);
            }
        }
    }

    /// A driver sets up the command queue: nothing of the last one's is served any more, or its memory would be written
    /// after it was freed. A fatal error ends here: firmware has restarted and forgotten its pages and its mode.
    fn begin_anew(&mut self, endpoint: Function, now: Cycles) {
        self.drop_commands_of(endpoint, now, "the command queue was set up anew");
        self.drop_requests(endpoint);
        let fatal = self
            .endpoints
            .get(&endpoint)
            .is_some_and(|state| state.health.fatal);
        if fatal {
            self.forget_supplies(endpoint, now);
            self.clear_mode(endpoint);
        }
        if let Some(state) = self.endpoints.get_mut(&endpoint) {
            state.clear_event_queues();
            state.life.initialized = false;
            if fatal {
                state.recover();
            }
        }
    }

    fn write_uar(&mut self, endpoint: Function, offset: u32, value: u32, now: Cycles, buses: &mut dyn Buses) {
        let uar = offset >> ADAPTER_PAGE_SHIFT;
        let register = u64::from(offset) % ADAPTER_PAGE_SIZE;
        let owned = self
            .endpoints
            .get(&endpoint)
            .is_some_and(|state| state.uars.contains(&uar));
        if !owned {
            self.refuse(endpoint, now, "write to a register that cannot be written");
            return;
        }
        let doorbell = EqDoorbell::from_word(value);
        match register {
            EQ_DOORBELL_ARM => self.ring_event_queue(endpoint, uar, doorbell, true, now, buses),
            EQ_DOORBELL_NO_ARM => self.ring_event_queue(endpoint, uar, doorbell, false, now, buses),
            // Doorbells of completion queues and BlueFlame buffers: nothing here answers them.
            _ => {}
        }
    }

    /// The command time-out, stated only where it is not the driver's own: then the DTOR register counts too.
    fn announced_timeout(&self) -> u32 {
        let timeouts = self.config.timeouts;
        if timeouts.are_driver_defaults() {
            0
        } else {
            Timeout::from_millis(u64::from(timeouts.command_ms)).to_word()
        }
    }
}

fn initializing(state: &Endpoint, now: Cycles) -> InitializingWord {
    let embedded_cpu = state.function == Function::Ecpf;
    InitializingWord::new()
        .with_initializing(now < state.interface.ready_at)
        .with_embedded_cpu(embedded_cpu)
        .with_reset_state(state.interface.sync_reset.shown())
}

#[expect(clippy::cast_possible_truncation, reason = "the halves are what is asked for")]
const fn halves(value: u64) -> (u32, u32) {
    ((value >> 32) as u32, value as u32)
}
