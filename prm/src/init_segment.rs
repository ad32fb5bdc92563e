//! The initialisation segment: the registers at the start of BAR 0.
//!
//! All are big-endian. The driver reads and writes 32 bits at a time, except for the two bytes of the
//! health buffer that have an offset of their own here (PRM "Initialization Segment"; `struct
//! mlx5_init_seg`).

use crate::identity::Cycles;
use crate::layout;

/// Size of the segment in bytes; UAR pages begin behind it.
pub const LENGTH: u64 = 0x2010;
/// [`FirmwareRevision`].
pub const FIRMWARE_REVISION: u64 = 0x000;
/// [`InterfaceRevision`].
pub const INTERFACE_REVISION: u64 = 0x004;
/// Upper half of the command queue's bus address. The driver writes it before the lower half.
pub const QUEUE_ADDRESS_HIGH: u64 = 0x010;
/// [`QueueAddressLow`].
pub const QUEUE_ADDRESS_LOW: u64 = 0x014;
/// Command doorbell: bit n hands over the entry in slot n.
pub const COMMAND_DOORBELL: u64 = 0x018;
/// [`InitializingWord`].
pub const INITIALIZING: u64 = 0x1fc;
/// [`HealthBuffer`].
pub const HEALTH_BUFFER: u64 = 0x200;
/// Firmware version in the health buffer; all ones says that the device no longer answers.
pub const HEALTH_FIRMWARE_VERSION: u64 = 0x230;
/// Hardware id in the health buffer.
pub const HEALTH_HARDWARE_ID: u64 = 0x234;
/// The byte with `rfr` and the severity in the health buffer; read as one byte.
pub const HEALTH_RFR_SEVERITY: u64 = 0x238;
/// Index of the processor that failed, in the health buffer; one byte.
pub const HEALTH_IRISC_INDEX: u64 = 0x23c;
/// Health syndrome in the health buffer; read as one byte, 0 is healthy.
pub const HEALTH_SYNDROME: u64 = 0x23d;
/// Extended health syndrome in the health buffer; 16 bits.
pub const HEALTH_EXTENDED_SYNDROME: u64 = 0x23e;
/// [`Timeout`] of a command; read only if [`QUEUE_INIT_TIMEOUT`] is not 0.
pub const COMMAND_TIMEOUT: u64 = 0xff8;
/// [`Timeout`] of the command queue's initialisation; not 0 says that the device states its time-outs.
pub const QUEUE_INIT_TIMEOUT: u64 = 0xffc;
/// Upper half of the free-running timer.
pub const INTERNAL_TIMER_HIGH: u64 = 0x1000;
/// Lower half of the free-running timer.
pub const INTERNAL_TIMER_LOW: u64 = 0x1004;
/// Health counter: must change from one poll to the next.
pub const HEALTH_COUNTER: u64 = 0x1010;
/// Real time clock.
pub const REAL_TIME: u64 = 0x1040;

/// The `interface_revision` that a driver of this interface accepts.
pub const COMMAND_INTERFACE_REVISION: u16 = 5;

layout! {
    /// Firmware revision, at [`FIRMWARE_REVISION`].
    pub struct FirmwareRevision: 4 {
        /// Minor number.
        minor: 16,
        /// Major number.
        major: 16,
    }
}

layout! {
    /// Command interface revision, at [`INTERFACE_REVISION`].
    pub struct InterfaceRevision: 4 {
        /// [`COMMAND_INTERFACE_REVISION`] or the driver gives up.
        interface_revision: 16,
        /// Subminor number of the firmware revision.
        firmware_subminor: 16,
    }
}

layout! {
    /// Lower half of the command queue's address with the queue's shape, at [`QUEUE_ADDRESS_LOW`]
    /// (`mlx5_cmd_enable`).
    pub struct QueueAddressLow: 4 {
        /// Bits 31 to 12 of the queue's bus address.
        address_31_12: 20,
        _: 1,
        /// What the driver's interface to the device is: one of the `NIC_INTERFACE` constants.
        nic_interface: 3,
        /// Base-2 logarithm of the number of entries.
        log_size: 4,
        /// Base-2 logarithm of the distance of entries in bytes.
        log_stride: 4,
    }
}

/// `nic_interface`: a full driver.
pub const NIC_INTERFACE_FULL: u8 = 0;
/// `nic_interface`: disabled.
pub const NIC_INTERFACE_DISABLED: u8 = 1;
/// `nic_interface`: reset by software.
pub const NIC_INTERFACE_SOFTWARE_RESET: u8 = 7;

layout! {
    /// State of the device's start, at [`INITIALIZING`] (`wait_fw_init`).
    pub struct InitializingWord: 4 {
        /// The device is not ready yet.
        initializing: 1,
        /// The firmware can be reset while the driver is loaded.
        firmware_reset_supported: 1,
        _: 3,
        /// Values of `nic_interface` the device knows.
        nic_interface_supported: 3,
        /// The function is that of an embedded CPU (ECPF).
        embedded_cpu: 1,
        /// Written: the driver has unloaded for a reset of firmware.
        reset_acknowledged: 1,
        _: 6,
        /// How far that reset is: [`RESET_IDLE`], [`RESET_WANTS_TOGGLE`].
        reset_state: 4,
        _: 12,
    }
}

/// `reset_state`: firmware is not being reset, or has been.
pub const RESET_IDLE: u8 = 0;
/// `reset_state`: the function is to be reset on its bus.
pub const RESET_WANTS_TOGGLE: u8 = 4;

layout! {
    /// What the firmware reports of a failure, at [`HEALTH_BUFFER`] (`struct health_buffer`).
    pub struct HealthBuffer: 64 {
        /// Data of the failed check, first word.
        assert_var_0: 32,
        /// Second word.
        assert_var_1: 32,
        /// Third word.
        assert_var_2: 32,
        /// Fourth word.
        assert_var_3: 32,
        /// Fifth word.
        assert_var_4: 32,
        /// Sixth word.
        assert_var_5: 32,
        _: 64,
        /// Where the firmware stopped.
        assert_exit_pointer: 32,
        /// Where that was called from.
        assert_return_address: 32,
        _: 32,
        /// Time of the failure in seconds.
        time: 32,
        /// Version of the firmware; all ones says that the device no longer answers.
        firmware_version: 32,
        /// Hardware id.
        hardware_id: 32,
        /// The device needs a reset: the failure is fatal.
        rfr: 1,
        _: 4,
        /// Severity.
        severity: 3,
        _: 24,
        /// Processor that failed.
        irisc_index: 8,
        /// Health syndrome; 0 is healthy.
        syndrome: 8,
        /// Extended syndrome.
        extended_syndrome: 16,
    }
}

layout! {
    /// A time-out as the device states it, in the initialisation segment and in the DTOR register
    /// (`tout_convert_reg_field_to_ms`).
    pub struct Timeout: 4 {
        /// 0 milliseconds, 1 seconds, 2 minutes, 3 hours.
        unit: 3,
        _: 9,
        /// Number of units.
        value: 20,
    }
}

/// Milliseconds per unit of a [`Timeout`].
const UNIT_MILLIS: [u64; 4] = [1, 1_000, 60_000, 3_600_000];

impl Timeout {
    /// The longest time-out that can be stated, in milliseconds.
    pub const MAX_MILLIS: u64 = 0xf_ffff * 3_600_000;

    /// The time-out in device cycles; `None` if the unit is unknown.
    #[must_use]
    pub fn to_cycles(self) -> Option<Cycles> {
        let unit = UNIT_MILLIS.get(usize::from(self.unit()))?;
        Some(Cycles::from_millis(u64::from(self.value()) * unit))
    }

    /// The time-out of so many milliseconds, in the finest unit that holds it; the rest is cut off and a
    /// longer time than [`MAX_MILLIS`](Self::MAX_MILLIS) becomes that.
    #[must_use]
    pub fn from_millis(millis: u64) -> Self {
        let millis = millis.min(Self::MAX_MILLIS);
        for (unit, length) in (0u8..).zip(UNIT_MILLIS) {
            if let Ok(value @ 0..=0xf_ffff) = u32::try_from(millis / length) {
                return Self::new().with_unit(unit).with_value(value);
            }
        }
        Self::new()
    }
}

macro_rules! words {
    ($($register:ident)*) => {$(
        impl $register {
            /// The register from the value of its 32-bit word.
            #[inline]
            #[must_use]
            pub const fn from_word(word: u32) -> Self {
                Self(word.to_be_bytes())
            }

            /// The value of the register's 32-bit word.
            #[inline]
            #[must_use]
            pub const fn to_word(self) -> u32 {
                u32::from_be_bytes(self.0)
            }
        }
    )*};
}

words! { FirmwareRevision InterfaceRevision QueueAddressLow InitializingWord Timeout }
