//! How far a task may ever reach: the kinds of objects that it may touch, whatever comes.

use super::access::{Access, DriverId, Object, Use};

/// A kind of object: one of them, or all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// [`Object::LoadTime`].
    LoadTime,
    /// [`Object::CommandSlot`], [`Object::AllCommandSlots`].
    CommandSlot,
    /// [`Object::CommandSlots`].
    CommandSlots,
    /// [`Object::PageSlot`].
    PageSlot,
    /// [`Object::Mailboxes`].
    Mailboxes,
    /// [`Object::CommandMode`].
    CommandMode,
    /// [`Object::EventQueue`], [`Object::EventQueues`].
    EventQueue,
    /// [`Object::Interrupt`], [`Object::Interrupts`].
    Interrupt,
    /// [`Object::PageQueue`].
    PageQueue,
    /// [`Object::EswitchQueue`].
    EswitchQueue,
    /// [`Object::PageBook`].
    PageBook,
    /// [`Object::PageMode`].
    PageMode,
    /// [`Object::TypeMap`], [`Object::TypeMaps`].
    TypeMap,
    /// [`Object::Vport`], [`Object::Vports`].
    Vport,
    /// [`Object::EswitchLock`].
    EswitchLock,
    /// [`Object::Eswitch`].
    Eswitch,
    /// [`Object::DeviceLock`].
    DeviceLock,
    /// [`Object::DevlinkLock`].
    DevlinkLock,
    /// [`Object::InterfaceLock`].
    InterfaceLock,
    /// [`Object::Interface`].
    Interface,
    /// [`Object::DeviceState`].
    DeviceState,
    /// [`Object::Sriov`].
    Sriov,
    /// [`Object::Subfunctions`].
    Subfunctions,
    /// [`Object::SubfunctionQueue`].
    SubfunctionQueue,
    /// [`Object::Netdev`].
    Netdev,
    /// [`Object::Health`].
    Health,
    /// [`Object::Registers`].
    Registers,
    /// What is waited for and nobody's part: time, the device, a race point, a task.
    Waited,
}

impl Kind {
    /// Every kind that is a part of a driver's state, in the order above.
    pub const PARTS: [Self; 27] = [
        Self::LoadTime,
        Self::CommandSlot,
        Self::CommandSlots,
        Self::PageSlot,
        Self::Mailboxes,
        Self::CommandMode,
        Self::EventQueue,
        Self::Interrupt,
        Self::PageQueue,
        Self::EswitchQueue,
        Self::PageBook,
        Self::PageMode,
        Self::TypeMap,
        Self::Vport,
        Self::EswitchLock,
        Self::Eswitch,
        Self::DeviceLock,
        Self::DevlinkLock,
        Self::InterfaceLock,
        Self::Interface,
        Self::DeviceState,
        Self::Sriov,
        Self::Subfunctions,
        Self::SubfunctionQueue,
        Self::Netdev,
        Self::Health,
        Self::Registers,
    ];
}

impl Object {
    /// What kind of object this is.
    #[must_use]
    pub const fn kind(self) -> Kind {
        match self {
            Self::LoadTime => Kind::LoadTime,
            Self::CommandSlot(_) | Self::AllCommandSlots => Kind::CommandSlot,
            Self::CommandSlots => Kind::CommandSlots,
            Self::PageSlot => Kind::PageSlot,
            Self::Mailboxes => Kind::Mailboxes,
            Self::CommandMode => Kind::CommandMode,
            Self::EventQueue(_) | Self::EventQueues => Kind::EventQueue,
            Self::Interrupt(_) | Self::Interrupts => Kind::Interrupt,
            Self::PageQueue => Kind::PageQueue,
            Self::EswitchQueue => Kind::EswitchQueue,
            Self::PageBook => Kind::PageBook,
            Self::PageMode => Kind::PageMode,
            Self::TypeMap(_) | Self::TypeMaps => Kind::TypeMap,
            Self::Vport(_) | Self::Vports => Kind::Vport,
            Self::EswitchLock => Kind::EswitchLock,
            Self::Eswitch => Kind::Eswitch,
            Self::DeviceLock => Kind::DeviceLock,
            Self::DevlinkLock => Kind::DevlinkLock,
            Self::InterfaceLock => Kind::InterfaceLock,
            Self::Interface => Kind::Interface,
            Self::DeviceState => Kind::DeviceState,
            Self::Sriov => Kind::Sriov,
            Self::Subfunctions => Kind::Subfunctions,
            Self::SubfunctionQueue => Kind::SubfunctionQueue,
            Self::Netdev => Kind::Netdev,
            Self::Health => Kind::Health,
            Self::Registers => Kind::Registers,
            Self::Device | Self::Timer | Self::Pause | Self::RacePoint(_) | Self::Task(_) => Kind::Waited,
        }
    }
}

/// Kinds of objects that may be touched, by use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    reads: u64,
    writes: u64,
}

impl Reach {
    /// Nothing but what everybody may.
    pub const NOTHING: Self = Self { reads: 0, writes: 0 };
    /// Everything.
    pub const ALL: Self = Self {
        reads: u64::MAX,
        writes: u64::MAX,
    };

    /// This, and to look at these.
    #[must_use]
    pub const fn reads(mut self, kinds: &[Kind]) -> Self {
        let mut place = 0;
        while place < kinds.len() {
            self.reads |= 1 << kinds[place] as u64;
            place += 1;
        }
        self
    }

    /// This, and to change these.
    #[must_use]
    pub const fn writes(mut self, kinds: &[Kind]) -> Self {
        let mut place = 0;
        while place < kinds.len() {
            self.writes |= 1 << kinds[place] as u64;
            place += 1;
        }
        self
    }

    /// This, and that.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            reads: self.reads | other.reads,
            writes: self.writes | other.writes,
        }
    }

    /// This without one kind.
    #[must_use]
    pub const fn without(self, kind: Kind) -> Self {
        let others = !(1 << kind as u64);
        Self {
            reads: self.reads & others,
            writes: self.writes & others,
        }
    }

    /// Whether an access is within reach.
    #[must_use]
    pub const fn allows(self, access: &Access) -> bool {
        let kind = access.object.kind();
        let bit = 1 << kind as u64;
        if self.writes & bit != 0 || matches!(kind, Kind::Waited) {
            return true;
        }
        match access.usage {
            Use::Read => self.reads & bit != 0 || matches!(kind, Kind::LoadTime),
            Use::Write => false,
        }
    }
}

/// What a task may ever touch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Declaration {
    /// Whose task it is.
    pub driver: DriverId,
    /// Of its own driver.
    pub own: Reach,
    /// Of other drivers: a function that goes takes its driver along.
    pub others: Reach,
}

impl Declaration {
    /// Whether somebody with this declaration may ever do something whose order with `access` matters.
    #[must_use]
    pub fn may_conflict_with(&self, access: &Access) -> bool {
        let changes = Access {
            usage: Use::Write,
            ..*access
        };
        match access.usage {
            Use::Read => self.allows(&changes),
            Use::Write => {
                let looks = Access {
                    usage: Use::Read,
                    ..*access
                };
                self.allows(&looks)
            }
        }
    }

    /// Whether an access was declared.
    #[must_use]
    pub fn allows(&self, access: &Access) -> bool {
        let reach = if access.driver == self.driver {
            self.own
        } else {
            self.others
        };
        reach.allows(access)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::DriverId;

    #[test]
    fn what_may_be_changed_may_be_looked_at_but_not_the_other_way() {
        let reach = Reach::NOTHING
            .writes(&[Kind::PageBook])
            .reads(&[Kind::Vport, Kind::PageMode]);
        let access = |object, usage| Access {
            driver: DriverId(0),
            object,
            usage,
        };
        assert!(reach.allows(&access(Object::PageBook, Use::Read)));
        assert!(reach.allows(&access(Object::PageBook, Use::Write)));
        assert!(reach.allows(&access(Object::Vport(3), Use::Read)));
        assert!(reach.allows(&access(Object::Vports, Use::Read)));
        assert!(!reach.allows(&access(Object::Vport(3), Use::Write)));
        assert!(
            !reach
                .without(Kind::PageMode)
                .allows(&access(Object::PageMode, Use::Read))
        );
        assert!(
            reach.allows(&access(Object::LoadTime, Use::Read)),
            "everybody may"
        );
        assert!(!reach.allows(&access(Object::LoadTime, Use::Write)));
    }
}
