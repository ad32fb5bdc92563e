//! A command as the device saw it, in the form of recorded command streams.

use prm::{CapabilityMode, Cycles, Function};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;

/// A number that records write in hexadecimal, as `0x104`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hex(pub u64);

impl Serialize for Hex {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:#x}", self.0))
    }
}

impl<'de> Deserialize<'de> for Hex {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let digits = text.strip_prefix("0x");
        let number = digits.and_then(|digits| u64::from_str_radix(digits, 16).ok());
        number
            .map(Self)
            .ok_or_else(|| D::Error::custom(format_args!("`{text}` is no number like 0x104")))
    }
}

/// How a driver learns that a command is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Completion {
    /// It looks at the entry.
    Poll,
    /// By an event.
    Event,
}

impl Completion {
    /// The word of recorded command streams.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Poll => "poll",
            Self::Event => "event",
        }
    }
}

/// Which values of a capability area were asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CapabilityValues {
    /// Those in force.
    Cur,
    /// Those on offer.
    Max,
}

impl From<CapabilityMode> for CapabilityValues {
    fn from(mode: CapabilityMode) -> Self {
        match mode {
            CapabilityMode::Current => Self::Cur,
            CapabilityMode::Max => Self::Max,
        }
    }
}

/// One command, from its doorbell to the owner bit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandRecord {
    /// Number of the command, counted from 1 over the silicon in the order of doorbells.
    pub n: u64,
    /// Opcode, as `0x104`.
    pub opcode: Hex,
    /// Name of the operation; `UNKNOWN` without one.
    pub name: Cow<'static, str>,
    /// Operation modifier.
    pub op_mod: u16,
    /// Length of the input in bytes.
    pub in_len: u32,
    /// Length of the output in bytes.
    pub out_len: u32,
    /// How it completes, decided when the doorbell was rung.
    pub completion: Completion,
    /// Slot of the command queue.
    pub slot: u8,
    /// Command status; absent where the command was not executed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u8>,
    /// Syndrome, where the status is not 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub syndrome: Option<u32>,
    /// Delivery status, where it is not 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery: Option<u8>,
    /// What the operation was about.
    #[serde(flatten)]
    pub fields: CommandFields,
    /// Whose command interface.
    pub endpoint: Function,
    /// When the doorbell was rung.
    pub rung: Cycles,
    /// When the command completed.
    pub cycles: Cycles,
}

/// What an operation was about. A field is absent where the operation does not have it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandFields {
    /// function_id or vhca_id of the input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function_id: Option<u16>,
    /// embedded_cpu_function of the input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ec: Option<u8>,
    /// MANAGE_PAGES: number of pages of the input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entries: Option<u32>,
    /// MANAGE_PAGES(take): number of pages of the output.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub returned: Option<u32>,
    /// QUERY_PAGES: count of the output.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_npages: Option<i32>,
    /// QUERY_PAGES: function of the output.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_func: Option<u16>,
    /// Capability commands: which area.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap_type: Option<u16>,
    /// QUERY_HCA_CAP: which values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap_mode: Option<CapabilityValues>,
    /// SET_HCA_CAP(general): icm_mng_function_id_mode of the input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icm_mode_set: Option<u8>,
    /// SET_HCA_CAP(general): release_all_pages of the input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release_all_set: Option<u8>,
    /// SET_HCA_CAP(general): num_vhca_ports of the input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub num_vhca_ports_set: Option<u8>,
    /// Capability commands: other_function, where set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other: Option<u8>,
    /// Capability commands about another function: ec_vf_function.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ec_vf: Option<u8>,
    /// function_id_type of the input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_type: Option<u8>,
    /// Vport commands: the vport number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vport: Option<u16>,
    /// Vport commands: other_vport.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other_vport: Option<u8>,
    /// SET_ISSI: the sequence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issi: Option<u16>,
    /// ACCESS_REG: the register, in hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reg: Option<Hex>,
    /// ACCESS_REG: the argument.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arg: Option<u32>,
    /// UAR commands: the index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uar: Option<u32>,
    /// EQ commands: the queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eqn: Option<u8>,
    /// CREATE_EQ: log2 of the number of entries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_eq_size: Option<u8>,
    /// CREATE_EQ: log2 of the page size in 4 KiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_page_size: Option<u8>,
    /// CREATE_EQ: interrupt vector.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intr: Option<u16>,
    /// CREATE_EQ: UAR index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uar_page: Option<u32>,
    /// CREATE_EQ: event types 0 to 63 as a mask, in hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mask: Option<Hex>,
    /// CREATE_EQ: number of buffer pages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub npas: Option<u32>,
    /// CREATE_EQ: owner bit that the driver left in the first entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_owner: Option<u8>,
    /// TEARDOWN_HCA: how.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<u16>,
    /// INIT_HCA: the number the host gives the function.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sw_vhca_id: Option<u16>,
    /// QUERY_ESW_FUNCTIONS: whether the second layout was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layout_v1: Option<bool>,
    /// Number of the object that was created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub obj: Option<u32>,
    /// Set where the reply carries nothing that the driver goes by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stub: Option<bool>,
}
