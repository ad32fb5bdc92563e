//! The page path both ways are built on: shared state, the operations actors may announce, and what each touches.
//!
//! An operation is plain data. It touches exactly one object, and happens atomically in [`Shared::apply`].
//! How the operations of one actor follow each other is the only thing the two ways write differently.

use std::hash::{Hash, Hasher};

/// Vports a shape may have at most; fixed so that the shared state is `Copy`.
pub const MAX_VPORTS: usize = 3;
const MAX_FUNCTIONS: usize = MAX_VPORTS + 1;
const QUEUE_ROOM: usize = 16;

/// The function the driver itself runs on; vport `v` is function `v + 1`.
pub const OWN_FUNCTION: u8 = 0;
/// Pages moved by one request for a vport.
pub const PAGES_PER_REQUEST: i8 = 4;

/// Which revision of the driver's bookkeeping runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Policy {
    /// Type looked up under the state lock after the firmware exchange; bulk counters; nothing stored on a page.
    Reviewed,
    /// Type read from a lock-free map before the allocation, stored on the page, and used again when it is freed.
    Merged,
}

/// One bounded instance of the model.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    pub policy: Policy,
    pub vports: u8,
    /// Requests firmware posts per vport: the first half gives, the second half takes the same pages back.
    pub requests_per_vport: u8,
}

impl Shape {
    /// Everything the page worker will ever be asked: the vports' own requests and one page per enable command.
    pub fn requests_in_total(&self) -> u8 {
        self.vports * self.requests_per_vport + self.vports
    }

    /// Whether the fixed-size arrays of the shared state have room for it.
    pub fn fits(&self) -> bool {
        let requests = u32::from(self.vports) * (u32::from(self.requests_per_vport) + 1);
        usize::from(self.vports) <= MAX_VPORTS
            && self.requests_per_vport.is_multiple_of(2)
            && requests <= u32::try_from(QUEUE_ROOM).unwrap_or(0)
    }

    pub fn gives_per_vport(&self) -> u8 {
        self.requests_per_vport / 2
    }
}

/// Whose counter a page is charged to. `None` is in the total only.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum FunctionType {
    #[default]
    None,
    Own,
    Vf,
}

/// A page request, and also the MANAGE_PAGES command it turns into: positive gives, negative takes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Request {
    pub function: u8,
    pub pages: i8,
}

impl Request {
    pub fn is_give(self) -> bool {
        self.pages > 0
    }
}

/// Pages by the type they are charged to: added or removed, stored or counted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct PagesByType {
    pub none: i8,
    pub own: i8,
    pub vfs: i8,
}

impl PagesByType {
    pub fn of(function_type: FunctionType, pages: i8) -> Self {
        let mut by_type = Self::default();
        match function_type {
            FunctionType::None => by_type.none = pages,
            FunctionType::Own => by_type.own = pages,
            FunctionType::Vf => by_type.vfs = pages,
        }
        by_type
    }

    pub fn negated(self) -> Self {
        Self {
            none: -self.none,
            own: -self.own,
            vfs: -self.vfs,
        }
    }
}

/// What a scheduling point touches. The spike searches without reduction: only its test reads the footprints. Two operations on different objects commute.
#[cfg(test)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Object {
    StateLock,
    PageQueue,
    PageSlot,
    RegularCommand,
    Ledger(u8),
    Vport(u8),
    TypeMapEntry(u8),
    PageRoot(u8),
    Counters,
}

#[cfg(test)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    Read,
    Write,
}

/// One atomic step of one actor, announced before it happens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operation {
    LockState,
    UnlockState,
    PushRequest(Request),
    PopRequest,
    TakePageSlot,
    FreePageSlot,
    PostPageCommand(Request),
    ReceivePageCommand,
    CompletePageCommand,
    AwaitPageCompletion,
    IssueEnable,
    ReceiveEnable,
    CompleteEnable,
    AwaitEnable,
    WaitUntilHeld {
        function: u8,
        at_least: i8,
    },
    ChangeLedger(Request),
    LearnVhcaId(u8),
    ReadVhcaId(u8),
    InsertTypeMapEntry(u8),
    ReadTypeMapEntry(u8),
    AddPages {
        function: u8,
        function_type: FunctionType,
        pages: i8,
    },
    RemovePages(Request),
    Count(PagesByType),
}

/// What the actor learns from its operation: all that its next operation may depend on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Observation {
    Done,
    Request(Request),
    FunctionType(FunctionType),
    Freed(PagesByType),
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
enum CommandStage {
    #[default]
    Idle,
    Posted,
    Executing,
    Completed,
}

/// The driver's book. Wraps exactly as the kernel's `u32` counters do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
struct Counters {
    total: u32,
    own: u32,
    vfs: u32,
}

/// Everything more than one actor can see: driver, queue, command slots and the firmware's ledger.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Shared {
    state_lock_held: bool,
    queue: [Request; QUEUE_ROOM],
    queued: usize,
    page_slot_taken: bool,
    page_command: (CommandStage, Request),
    enable_command: CommandStage,
    ledger: [i8; MAX_FUNCTIONS],
    vhca_id_known: [bool; MAX_FUNCTIONS],
    type_map: [bool; MAX_FUNCTIONS],
    page_roots: [PagesByType; MAX_FUNCTIONS],
    counters: Counters,
}

#[cfg(test)]
impl Operation {
    /// The footprint: the one object this operation touches, and how.
    pub fn touches(&self) -> (Object, Access) {
        match *self {
            Self::LockState | Self::UnlockState => (Object::StateLock, Access::Write),
            Self::PushRequest(_) | Self::PopRequest => (Object::PageQueue, Access::Write),
            Self::TakePageSlot
            | Self::FreePageSlot
            | Self::PostPageCommand(_)
            | Self::ReceivePageCommand
            | Self::CompletePageCommand
            | Self::AwaitPageCompletion => (Object::PageSlot, Access::Write),
            Self::IssueEnable | Self::ReceiveEnable | Self::CompleteEnable | Self::AwaitEnable => {
                (Object::RegularCommand, Access::Write)
            }
            Self::WaitUntilHeld { function, .. } => (Object::Ledger(function), Access::Read),
            Self::ChangeLedger(request) => (Object::Ledger(request.function), Access::Write),
            Self::LearnVhcaId(function) => (Object::Vport(function), Access::Write),
            Self::ReadVhcaId(function) => (Object::Vport(function), Access::Read),
            Self::InsertTypeMapEntry(function) => (Object::TypeMapEntry(function), Access::Write),
            Self::ReadTypeMapEntry(function) => (Object::TypeMapEntry(function), Access::Read),
            Self::AddPages { function, .. } => (Object::PageRoot(function), Access::Write),
            Self::RemovePages(request) => (Object::PageRoot(request.function), Access::Write),
            Self::Count(_) => (Object::Counters, Access::Write),
        }
    }

    pub fn conflicts_with(&self, other: Self) -> bool {
        let ((object, access), (other_object, other_access)) = (self.touches(), other.touches());
        object == other_object && (access == Access::Write || other_access == Access::Write)
    }
}

impl Shared {
    /// Whether the operation can happen now. It reads only the object that the operation announced.
    pub fn is_enabled(&self, operation: Operation) -> bool {
        match operation {
            Operation::LockState => !self.state_lock_held,
            Operation::TakePageSlot => !self.page_slot_taken,
            Operation::PopRequest => self.queued > 0,
            Operation::ReceivePageCommand => self.page_command.0 == CommandStage::Posted,
            Operation::AwaitPageCompletion => self.page_command.0 == CommandStage::Completed,
            Operation::ReceiveEnable => self.enable_command == CommandStage::Posted,
            Operation::AwaitEnable => self.enable_command == CommandStage::Completed,
            Operation::WaitUntilHeld { function, at_least } => self.ledger[usize::from(function)] >= at_least,
            _ => true,
        }
    }

    pub fn apply(&mut self, operation: Operation) -> Observation {
        debug_assert!(
            self.is_enabled(operation),
            "{operation:?} was scheduled while disabled"
        );
        match operation {
            Operation::LockState => self.state_lock_held = true,
            Operation::UnlockState => self.state_lock_held = false,
            Operation::PushRequest(request) => {
                self.queue[self.queued] = request;
                self.queued += 1;
            }
            Operation::PopRequest => {
                let request = self.queue[0];
                self.queue.copy_within(1.., 0);
                self.queued -= 1;
                self.queue[self.queued] = Request::default();
                return Observation::Request(request);
            }
            Operation::TakePageSlot => self.page_slot_taken = true,
            Operation::FreePageSlot => self.page_slot_taken = false,
            Operation::PostPageCommand(request) => self.page_command = (CommandStage::Posted, request),
            Operation::ReceivePageCommand => {
                let request = self.page_command.1;
                // The copy in the slot is dead from here on: keeping it would tell equal states apart.
                self.page_command = (CommandStage::Executing, Request::default());
                return Observation::Request(request);
            }
            Operation::CompletePageCommand => self.page_command.0 = CommandStage::Completed,
            Operation::AwaitPageCompletion => self.page_command.0 = CommandStage::Idle,
            Operation::IssueEnable => self.enable_command = CommandStage::Posted,
            Operation::ReceiveEnable => self.enable_command = CommandStage::Executing,
            Operation::CompleteEnable => self.enable_command = CommandStage::Completed,
            Operation::AwaitEnable => self.enable_command = CommandStage::Idle,
            Operation::WaitUntilHeld { .. } => {}
            Operation::ChangeLedger(request) => self.ledger[usize::from(request.function)] += request.pages,
            Operation::LearnVhcaId(function) => self.vhca_id_known[usize::from(function)] = true,
            Operation::InsertTypeMapEntry(function) => self.type_map[usize::from(function)] = true,
            Operation::ReadVhcaId(function) => {
                return Observation::FunctionType(vf_if(self.vhca_id_known[usize::from(function)]));
            }
            Operation::ReadTypeMapEntry(function) => {
                return Observation::FunctionType(vf_if(self.type_map[usize::from(function)]));
            }
            Operation::AddPages {
                function,
                function_type,
                pages,
            } => {
                let root = &mut self.page_roots[usize::from(function)];
                match function_type {
                    FunctionType::None => root.none += pages,
                    FunctionType::Own => root.own += pages,
                    FunctionType::Vf => root.vfs += pages,
                }
            }
            Operation::RemovePages(request) => {
                return Observation::Freed(self.remove_oldest_pages(request));
            }
            Operation::Count(change) => self.counters.change(change),
        }
        Observation::Done
    }

    /// Firmware returns the oldest pages first; a function's type only ever goes from none to known, so those
    /// stored without a type are the oldest.
    fn remove_oldest_pages(&mut self, request: Request) -> PagesByType {
        let root = &mut self.page_roots[usize::from(request.function)];
        let mut left = -request.pages;
        let mut take_from = |pages: &mut i8| {
            let taken = left.min(*pages);
            *pages -= taken;
            left -= taken;
            taken
        };
        PagesByType {
            none: take_from(&mut root.none),
            own: take_from(&mut root.own),
            vfs: take_from(&mut root.vfs),
        }
    }

    /// The drift of the reviewed policy: more VF pages subtracted than were ever added.
    pub fn vf_counter_is_below_zero(&self) -> bool {
        self.counters.vfs > u32::MAX / 2
    }

    /// Whether the VF counter still claims pages (or a debt) although firmware has given every VF page back.
    pub fn vf_counter_drifted(&self) -> bool {
        self.ledger[1..].iter().all(|&held| held == 0) && self.counters.vfs != 0
    }
}

fn vf_if(known: bool) -> FunctionType {
    if known {
        FunctionType::Vf
    } else {
        FunctionType::None
    }
}

impl Counters {
    fn change(&mut self, change: PagesByType) {
        self.own = self.own.wrapping_add_signed(change.own.into());
        self.vfs = self.vfs.wrapping_add_signed(change.vfs.into());
        let all = i32::from(change.none) + i32::from(change.own) + i32::from(change.vfs);
        self.total = self.total.wrapping_add_signed(all);
    }
}

/// How a run ended: the shared state when no actor could move, and which actors had work left.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TerminalOutcome {
    pub shared: Shared,
    /// Bit `n` is set when actor `n` had not finished; not zero means the run is stuck.
    pub unfinished_actors: u16,
}

impl TerminalOutcome {
    pub fn is_stuck(&self) -> bool {
        self.unfinished_actors != 0
    }
}

/// A small deterministic 64-bit hasher; equal input gives equal output on every run and machine. Bytes are packed
/// into words before they are mixed: the state is made of bytes, and mixing each alone would take most of the time.
#[derive(Clone, Copy)]
pub struct FingerprintHasher {
    mixed: u64,
    pending: u64,
    pending_bits: u32,
}

impl FingerprintHasher {
    fn mix(&mut self, word: u64) {
        self.mixed = (self.mixed.rotate_left(25) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.mixed ^= self.mixed >> 29;
    }

    fn pack(&mut self, byte: u8) {
        self.pending |= u64::from(byte) << self.pending_bits;
        self.pending_bits += 8;
        if self.pending_bits == 64 {
            self.mix(self.pending);
            (self.pending, self.pending_bits) = (0, 0);
        }
    }
}

impl Hasher for FingerprintHasher {
    fn finish(&self) -> u64 {
        let mut last = *self;
        last.mix(self.pending);
        let mixed = (last.mixed ^ (last.mixed >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
        mixed ^ (mixed >> 32)
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.pack(byte);
        }
    }

    fn write_u64(&mut self, word: u64) {
        self.mix(word);
    }

    /// Lengths: one byte is enough for the fixed-size arrays of this model.
    fn write_usize(&mut self, length: usize) {
        self.pack(length.to_le_bytes()[0]);
    }

    /// Discriminants of enums, all below 256.
    fn write_isize(&mut self, discriminant: isize) {
        self.pack(discriminant.to_le_bytes()[0]);
    }
}

pub fn fingerprint_of(value: &impl Hash) -> u64 {
    let mut hasher = FingerprintHasher {
        mixed: 0x5851_f42d_4c95_7f2d,
        pending: 0,
        pending_bits: 0,
    };
    value.hash(&mut hasher);
    hasher.finish()
}
