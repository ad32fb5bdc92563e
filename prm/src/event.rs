//! Event queue entries and what they carry.

use crate::layout;
use crate::layout::Layout;
use crate::raw_enum::raw_enum;

raw_enum! {
    /// What an event queue entry tells (PRM "Events"; `enum mlx5_event`).
    pub enum EventType: u8 {
        /// A completion queue has completions.
        Completion = 0x00 "COMPLETION",
        /// The device failed inside.
        InternalError = 0x08 "INTERNAL_ERROR",
        /// A port went up or down.
        PortChange = 0x09 "PORT_CHANGE",
        /// Commands completed: [`CommandCompletion`].
        CommandCompletion = 0x0a "COMMAND_COMPLETION",
        /// The firmware wants pages, or gives them back: [`PageRequest`].
        PageRequest = 0x0b "PAGE_REQUEST",
        /// An access to paged memory missed.
        PageFault = 0x0c "PAGE_FAULT",
        /// The context of another vport changed: [`VportChange`].
        NicVportChange = 0x0d "NIC_VPORT_CHANGE",
        /// The functions that an eswitch manager looks after changed; no data.
        EswFunctionsChanged = 0x0e "ESW_FUNCTIONS_CHANGED",
        /// A function of the eswitch changed its state: [`VhcaStateChange`].
        VhcaStateChange = 0x0f "VHCA_STATE_CHANGE",
        /// A cable module was plugged or unplugged.
        PortModule = 0x16 "PORT_MODULE",
        /// The device is too warm.
        TemperatureWarning = 0x17 "TEMPERATURE_WARNING",
        /// Anything else, told apart by the sub-type.
        General = 0x22 "GENERAL",
        /// A watched counter moved.
        MonitorCounter = 0x24 "MONITOR_COUNTER",
        /// A pulse per second was seen.
        PulsePerSecond = 0x25 "PULSE_PER_SECOND",
        /// The firmware tracer has data.
        DeviceTracer = 0x26 "DEVICE_TRACER",
    }
}

impl EventType {
    /// The type's bit in the first word of CREATE_EQ's event mask; 0 for a type of 64 and above.
    #[must_use]
    pub const fn mask_bit(self) -> u64 {
        let raw = self.raw();
        if raw < 64 { 1 << raw } else { 0 }
    }
}

/// Size in bytes of the part of an entry that depends on the event type.
pub const EVENT_DATA_LENGTH: usize = 28;

layout! {
    /// Event queue entry (PRM "EQE"; `struct mlx5_eqe`). The event data lies at bytes 0x20 to 0x3b.
    pub struct EventEntry: 64 {
        _: 8,
        /// [`EventType`] of the event.
        event_type: 8,
        _: 8,
        /// Sub-type, by event type.
        event_sub_type: 8,
        _: 464,
        /// Checksum of the entry; the driver does not look at it.
        signature: 8,
        _: 7,
        /// Pass parity: bit `log_eq_size` of the producer index. The device writes it after all the rest.
        owner: 1,
    }
}

/// Byte offset of the event data in an [`EventEntry`].
pub const EVENT_DATA_OFFSET: usize = 0x20;

/// Byte offset in an [`EventEntry`] of the byte that holds the owner bit.
pub const EVENT_OWNER_OFFSET: usize = 0x3f;

/// The data of one event type: a layout of [`EVENT_DATA_LENGTH`] bytes.
pub trait EventData: Layout {
    /// The event type that carries this data.
    const EVENT_TYPE: EventType;
}

impl EventEntry {
    /// An entry of `D`'s type with this data, owner bit clear.
    #[must_use]
    pub fn of<D: EventData>(data: &D) -> Self {
        const {
            assert!(
                D::SIZE == EVENT_DATA_LENGTH,
                "event data fills its place in the entry"
            )
        };
        let mut entry = Self::new().with_event_type(D::EVENT_TYPE.raw());
        entry.0[EVENT_DATA_OFFSET..EVENT_DATA_OFFSET + EVENT_DATA_LENGTH].copy_from_slice(data.as_bytes());
        entry
    }

    /// The entry's type.
    #[must_use]
    pub fn kind(&self) -> EventType {
        EventType::from_raw(self.event_type())
    }

    /// The entry's data read as `D`; whether the entry is of `D`'s type is the caller's to know.
    #[must_use]
    pub fn data<D: EventData>(&self) -> D {
        const {
            assert!(
                D::SIZE == EVENT_DATA_LENGTH,
                "event data fills its place in the entry"
            )
        };
        let mut data = D::default();
        data.as_bytes_mut()
            .copy_from_slice(&self.0[EVENT_DATA_OFFSET..EVENT_DATA_OFFSET + EVENT_DATA_LENGTH]);
        data
    }
}

layout! {
    /// Commands that completed (PRM "Command Interface Completion Event"; `struct mlx5_eqe_cmd`).
    pub struct CommandCompletion: 28 {
        /// Bit n is set if the command in slot n completed.
        vector: 32,
        _: 192,
    }
}

layout! {
    /// The firmware's wish for pages (PRM "Page Request Event"; `req_pages_handler`).
    pub struct PageRequest: 28 {
        /// The function is one of the embedded CPU; means nothing if functions are named by VHCA id.
        ec_function: 1,
        /// The firmware has dropped every page of the function. No command is to follow, and the count means
        /// nothing.
        release_all: 1,
        _: 14,
        /// Function whose pages these are: function id, or VHCA id.
        function_id: 16,
        /// [`PageCount`](crate::PageCount), two's complement: positive to give pages, negative to take them
        /// back.
        page_count: 32,
        _: 160,
    }
}

layout! {
    /// A port went up or down, told by the sub-type (PRM "Port State Change Event").
    pub struct PortChange: 28 {
        _: 64,
        /// Port number.
        port: 4,
        _: 156,
    }
}

layout! {
    /// The context of a vport changed (PRM "NIC Vport Change Event"; `struct mlx5_eqe_vport_change`).
    pub struct VportChange: 28 {
        _: 16,
        /// [`VportNumber`](crate::VportNumber) of the vport.
        vport_number: 16,
        _: 192,
    }
}

layout! {
    /// The functions that an eswitch manager looks after changed; it asks with QUERY_ESW_FUNCTIONS
    /// (`mlx5_esw_funcs_changed_handler`). The event carries nothing, the field only shows what is there.
    pub struct EswFunctionsChanged: 28 {
        /// Nothing.
        reserved_word: 32,
        _: 192,
    }
}

/// Sub-type of a GENERAL event: [`SyncReset`].
pub const GENERAL_SYNC_RESET: u8 = 0x8;

layout! {
    /// The reset of firmware goes on (PRM "PCI Sync For FW Update Event"; `struct mlx5_eqe_sync_fw_update`).
    pub struct SyncReset: 28 {
        _: 24,
        /// How: a [`SyncResetState`] in the low 4 bits.
        state: 8,
        _: 192,
    }
}

raw_enum! {
    /// What firmware asks of a driver for its reset (`enum sync_rst_state_type`).
    pub enum SyncResetState: u8 {
        /// Whether it may be reset.
        Request = 0 "request",
        /// To reset the function now.
        Now = 1 "now",
        /// Nothing any more.
        Abort = 2 "abort",
        /// To unload.
        Unload = 3 "unload",
    }
}

layout! {
    /// A function changed its state; the manager asks with QUERY_VHCA_STATE (`struct mlx5_eqe_vhca_state`).
    pub struct VhcaStateChange: 28 {
        /// Not 0 if the function is one of the embedded CPU.
        ec_function: 16,
        /// Function that changed.
        function_id: 16,
        _: 192,
    }
}

macro_rules! event_data {
    ($($layout:ident: $event_type:ident;)*) => {$(
        impl EventData for $layout {
            const EVENT_TYPE: EventType = EventType::$event_type;
        }
    )*};
}

event_data! {
    CommandCompletion: CommandCompletion;
    PageRequest: PageRequest;
    PortChange: PortChange;
    VportChange: NicVportChange;
    EswFunctionsChanged: EswFunctionsChanged;
    VhcaStateChange: VhcaStateChange;
    SyncReset: General;
}
