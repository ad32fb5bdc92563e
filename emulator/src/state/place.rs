//! What the acts of a device share: the vocabulary in which it is said what each of them touches.
//!
//! Some of the device is no place. Records are only ever added to. The agenda of what is due is a set, and says why that is
//! enough. Numbers of commands are names, and so are the numbers by which entries of the agenda stand in line.

use parts::Touch;
use prm::Function;
use std::fmt;

/// A kind of place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Thing {
    /// What is settled at start and changed by few orders: the description, the roster of functions with their vhca_ids, the
    /// pace. Everybody reads it; only changes of it are noted, and they conflict with everything.
    Description,
    /// An endpoint's interface: where its command queue lies, its NIC interface, whether it initialises.
    Interface,
    /// What an endpoint's health buffer tells, and when its driver looked.
    Health,
    /// How far an endpoint's driver has come: enabled, initialised, interface step sequence.
    Life,
    /// How an endpoint's page commands and page requests name functions.
    Naming,
    /// The capability areas that an endpoint's driver has set.
    Capabilities,
    /// An endpoint's doorbell pages.
    Uars,
    /// Which events each event queue of an endpoint takes.
    Takers,
    /// One event queue of an endpoint: indices, arming, its entries in the host's memory, its interrupt.
    EventQueue,
    /// One slot of an endpoint's command queue: its entry, and the commands that came out of it and are not over.
    Slot,
    /// An endpoint's doorbells that were not followed, the command that is being fetched.
    Doorbells,
    /// Serial firmware: whose turn it is at an endpoint.
    Line,
    /// Firmware that works in portions: which endpoint's doorbells are followed next.
    Inflow,
    /// Which commands wait for which page requests.
    Waits,
    /// The rules: answers and reactions.
    Rules,
    /// The holds.
    Holds,
    /// The page requests that are open.
    Board,
    /// The book of pages, with the counter of their generations.
    Ledger,
    /// A supplier's list of pages that firmware is going through.
    Chore,
    /// The memory of the pages that a supplier gave: firmware signs it.
    PageMemory,
    /// Returns of pages to a supplier that are due.
    Return,
    /// What is drawn by lot, and page addresses that are made up.
    Draws,
    /// Objects that firmware numbers, flow tables.
    Objects,
    /// What was written to the vport of a function, and whether it was created.
    Vport,
    /// The state of a function as its manager sees it.
    Managed,
    /// The port.
    Port,
    /// What other hosts have: VFs, satellite PFs, VFs that are delegated.
    Hosts,
}

impl Thing {
    /// All there are.
    pub const ALL: [Self; 27] = [
        Self::Description,
        Self::Interface,
        Self::Health,
        Self::Life,
        Self::Naming,
        Self::Capabilities,
        Self::Uars,
        Self::Takers,
        Self::EventQueue,
        Self::Slot,
        Self::Doorbells,
        Self::Line,
        Self::Inflow,
        Self::Waits,
        Self::Rules,
        Self::Holds,
        Self::Board,
        Self::Ledger,
        Self::Chore,
        Self::PageMemory,
        Self::Return,
        Self::Draws,
        Self::Objects,
        Self::Vport,
        Self::Managed,
        Self::Port,
        Self::Hosts,
    ];

    /// Whether each function has one of its own, or several.
    pub(crate) const fn is_of_functions(self) -> bool {
        !matches!(
            self,
            Self::Description
                | Self::Inflow
                | Self::Waits
                | Self::Rules
                | Self::Holds
                | Self::Board
                | Self::Ledger
                | Self::Draws
                | Self::Objects
                | Self::Port
                | Self::Hosts
        )
    }

    /// Its name, as in a sentence.
    const fn words(self) -> &'static str {
        match self {
            Self::Description => "the description",
            Self::Interface => "the interface",
            Self::Health => "the health",
            Self::Life => "the life",
            Self::Naming => "the page mode",
            Self::Capabilities => "the capabilities",
            Self::Uars => "the UARs",
            Self::Takers => "the takers of events",
            Self::EventQueue => "event queue",
            Self::Slot => "slot",
            Self::Doorbells => "the doorbells",
            Self::Line => "the line of commands",
            Self::Inflow => "the inflow",
            Self::Waits => "the waits of commands",
            Self::Rules => "the rules",
            Self::Holds => "the holds",
            Self::Board => "the board of requests",
            Self::Ledger => "the ledger",
            Self::Chore => "the list of pages",
            Self::PageMemory => "the memory of pages",
            Self::Return => "the return of pages",
            Self::Draws => "the draws",
            Self::Objects => "the objects",
            Self::Vport => "the vport",
            Self::Managed => "the managed state",
            Self::Port => "the port",
            Self::Hosts => "the functions of other hosts",
        }
    }
}

impl fmt::Display for Thing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

/// A place: a thing, and whose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// What it is.
    pub thing: Thing,
    /// Whose. None: there is one of it, or those of all functions are meant.
    pub function: Option<Function>,
    /// Number of the slot or event queue. None: there is one of it for a function, or all of them are meant.
    pub number: Option<u8>,
}

impl Place {
    /// That of which there is one, or all of its kind.
    #[must_use]
    pub const fn of(thing: Thing) -> Self {
        Self {
            thing,
            function: None,
            number: None,
        }
    }

    /// That of a function.
    #[must_use]
    pub const fn at(thing: Thing, function: Function) -> Self {
        Self {
            thing,
            function: Some(function),
            number: None,
        }
    }

    /// The one with this number.
    #[must_use]
    pub const fn with_number(self, number: u8) -> Self {
        Self {
            number: Some(number),
            ..self
        }
    }

    /// Whether something of the device is in both.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        fn meets<T: PartialEq>(one: Option<T>, other: Option<T>) -> bool {
            one.is_none() || other.is_none() || one == other
        }
        self.thing == other.thing && meets(self.function, other.function) && meets(self.number, other.number)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if matches!(self.thing, Thing::Slot | Thing::EventQueue) {
            match self.number {
                Some(number) => write!(f, "{} {number}", self.thing)?,
                None => write!(f, "every {}", self.thing)?,
            }
        } else {
            write!(f, "{}", self.thing)?;
        }
        match self.function {
            Some(function) => write!(f, " of {function}"),
            None => Ok(()),
        }
    }
}

/// Who is told of each note, when notes are taken.
pub(crate) trait Notes: FnMut(Place, Touch) {}

impl<F: FnMut(Place, Touch)> Notes for F {}
