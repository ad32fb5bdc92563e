//! Answers to commands: output bytes, status, syndrome.

use prm::command::OutputHeader;
use prm::{CommandStatus, Layout, Syndrome};

/// What a command is answered.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Reply {
    pub(crate) status: CommandStatus,
    pub(crate) syndrome: Syndrome,
    /// The output from its first byte on, the head included; cut or padded with zeros to the length that the driver
    /// gave.
    pub(crate) output: Vec<u8>,
    /// CREATE_EQ: the owner bit that the driver left in the first entry.
    pub(crate) first_owner: Option<u8>,
}

impl Reply {
    /// Done, with this output; its status and syndrome are 0.
    pub(crate) fn done<L: Layout>(output: &L) -> Self {
        Self::bytes(output.as_bytes().to_vec())
    }

    /// Done, with nothing to tell.
    pub(crate) fn ok() -> Self {
        Self::bytes(Vec::new())
    }

    /// Done, with this output.
    pub(crate) fn bytes(output: Vec<u8>) -> Self {
        Self {
            status: CommandStatus::Ok,
            syndrome: Syndrome(0),
            output,
            first_owner: None,
        }
    }

    /// Refused.
    pub(crate) fn refused(refusal: Refusal) -> Self {
        let (status, syndrome) = refusal.codes();
        Self::status(status, syndrome)
    }

    /// Refused with any status and syndrome.
    pub(crate) fn status(status: CommandStatus, syndrome: Syndrome) -> Self {
        let output = OutputHeader::of(status, syndrome).as_bytes().to_vec();
        Self {
            status,
            syndrome,
            output,
            first_owner: None,
        }
    }
}

/// Result of a command handler.
pub(crate) type Answered = Result<Reply, Refusal>;

macro_rules! refusals {
    ($($(#[$meta:meta])* $name:ident = $status:ident $syndrome:literal;)*) => {
        /// Why firmware refuses a command. Each reason has a syndrome of its own; they are this firmware's, real firmware
        /// has other numbers.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Refusal {
            $($(#[$meta])* $name,)*
        }

        impl Refusal {
            /// The status and syndrome that tell of it.
            #[must_use]
            pub const fn codes(self) -> (CommandStatus, Syndrome) {
                match self {
                    $(Self::$name => (CommandStatus::$status, Syndrome($syndrome)),)*
                }
            }
        }
    };
}

refusals! {
    /// The operation is unknown.
    UnknownOperation = BadOperation 0x0001_0001;
    /// The operation modifier is unknown.
    UnknownModifier = BadOperation 0x0001_0002;
    /// The input is shorter or longer than the operation needs.
    InputLength = BadInputLength 0x0001_0003;
    /// The output is shorter than the operation needs.
    OutputLength = BadOutputLength 0x0001_0004;
    /// The function is not enabled.
    NotEnabled = BadSystemState 0x0002_0001;
    /// INIT_HCA of a function that is initialised, TEARDOWN_HCA of one that is not.
    WrongPhase = BadSystemState 0x0002_0002;
    /// TEARDOWN_HCA by a profile that is unknown or not offered.
    UnknownProfile = BadParameter 0x0002_0005;
    /// The function id names nobody whom the caller manages.
    UnknownFunction = BadParameter 0x0002_0003;
    /// The interface step sequence is not supported.
    UnknownIssi = BadParameter 0x0002_0004;
    /// The capability area is unknown or cannot be written.
    UnknownCapability = BadParameter 0x0003_0001;
    /// The capability bits claim what the device does not offer.
    CapabilityNotOffered = BadParameter 0x0003_0002;
    /// A page address is zero or not aligned to 4 KiB.
    BadPageAddress = BadParameter 0x0004_0001;
    /// A page is listed twice or belongs to somebody already.
    PageGivenTwice = BadParameter 0x0004_0002;
    /// The identity holds no pages and names nobody.
    UnknownPageOwner = BadResource 0x0004_0003;
    /// The pages answer a request from before the release of all pages of their owner.
    OwnerReleased = BadResourceState 0x0004_0006;
    /// QUERY_PAGES for an identity that the page mode does not know.
    WrongPageIdentity = BadParameter 0x0004_0004;
    /// Firmware holds as many pages as it can keep a book of.
    TooManyPages = LimitExceeded 0x0004_0006;
    /// The driver has no pages for what the command needs.
    PagesDenied = NoResources 0x0004_0005;
    /// The event queue's context is malformed.
    BadEqContext = BadParameter 0x0005_0001;
    /// The event queue does not exist.
    UnknownEq = BadResource 0x0005_0002;
    /// No more event queues, or no more pages for their buffers.
    NoMoreEqs = LimitExceeded 0x0005_0003;
    /// The UAR is not the caller's.
    UnknownUar = BadResource 0x0006_0001;
    /// No more UARs.
    NoMoreUars = LimitExceeded 0x0006_0002;
    /// The UAR is in use by an event queue.
    UarInUse = ResourceBusy 0x0006_0003;
    /// A reset of firmware is under way, or a host has said no to it.
    NoReset = BadSystemState 0x0007_0004;
    /// The register is unknown.
    UnknownRegister = BadParameter 0x0007_0001;
    /// There is no such port, or it cannot be set so.
    PortSetting = BadParameter 0x0007_0002;
    /// There is no such component of the firmware, or nothing like that is known of it.
    UnknownComponent = BadParameter 0x0007_0003;
    /// The caller does not manage the eswitch.
    NotEswitchManager = BadParameter 0x0008_0001;
    /// The vport does not exist.
    UnknownVport = BadIndex 0x0008_0002;
    /// The vport exists already.
    VportExists = BadResourceState 0x0008_0003;
    /// The layout of QUERY_ESW_FUNCTIONS is not offered.
    LayoutNotOffered = BadParameter 0x0008_0004;
    /// The subfunction does not exist.
    UnknownSubfunction = BadParameter 0x0009_0001;
    /// The subfunction is allocated already, or is not.
    SubfunctionState = BadResourceState 0x0009_0002;
    /// The object does not exist.
    UnknownObject = BadResource 0x000a_0001;
    /// The object has others that belong to it.
    ObjectInUse = ResourceBusy 0x000a_0002;
    /// No more objects.
    NoMoreObjects = LimitExceeded 0x000a_0003;
}
