//! What is wrong with the floors.

use crate::modules::{Crate, FileId};
use crate::plan::{self, CratePlan, House};
use crate::reading::Reading;
use petgraph::algo::tarjan_scc;
use petgraph::graphmap::DiGraphMap;
use std::fmt;

/// Something that is not as the floors say.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Complaint {
    /// A file uses one that stands above it.
    Upward {
        /// The user, with its line.
        from: String,
        /// Its floor.
        from_floor: String,
        /// What it uses.
        names: String,
        /// Whose it is.
        to: String,
        /// The floor above.
        to_floor: String,
    },
    /// Files that use each other in a circle.
    Circle {
        /// The arrows that tie them, each with what is taken.
        ties: Vec<String>,
        /// How many files.
        files: usize,
    },
    /// A file that stands on no floor.
    Nowhere {
        /// Which.
        file: String,
    },
    /// A room in which there is no file.
    Empty {
        /// The crate.
        of: String,
        /// The room.
        room: String,
    },
    /// A crate uses one that stands above it.
    CrateUpward {
        /// The user, with its line.
        from: String,
        /// The crate above.
        to: String,
    },
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Upward {
                from,
                from_floor,
                names,
                to,
                to_floor,
            } => write!(
                f,
                "an arrow upward: {from} (floor `{from_floor}`) uses {names} of {to} (floor `{to_floor}`)"
            ),
            Self::Circle { ties, files } => {
                write!(f, "a circle of {files} files:")?;
                ties.iter().try_for_each(|tie| write!(f, "\n    {tie}"))
            }
            Self::Nowhere { file } => write!(f, "{file} stands on no floor: give it one in floors.toml"),
            Self::Empty { of, room } => {
                write!(
                    f,
                    "floors.toml has a room `{room}` for crate `{of}`, and no file is in it"
                )
            }
            Self::CrateUpward { from, to } => {
                write!(f, "a crate upward: {from} uses crate `{to}`, which stands above")
            }
        }
    }
}

/// Holds the whole house against its floors: its crates as they were read, in its order.
#[must_use]
pub fn judge(house: &House, readings: &[Reading]) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for (place, (plan, reading)) in house.crates.iter().zip(readings).enumerate() {
        nowhere(plan, &reading.read, &mut complaints);
        upward(plan, reading, &mut complaints);
        circles(plan, reading, &mut complaints);
        crates_above(house, place, reading, &mut complaints);
    }
    complaints
}

fn place(plan: &CratePlan, read: &Crate, file: FileId) -> String {
    format!("{}/{}", plan.sources, read.files[file.0].path)
}

fn nowhere(plan: &CratePlan, read: &Crate, complaints: &mut Vec<Complaint>) {
    let homeless = read
        .files
        .iter()
        .filter(|file| plan.floor_of(&file.path).is_none());
    complaints.extend(homeless.map(|file| Complaint::Nowhere {
        file: format!("{}/{}", plan.sources, file.path),
    }));
    let rooms = plan.floors.iter().flat_map(|floor| &floor.rooms);
    let empty = rooms.filter(|room| !read.files.iter().any(|file| plan::has(room, &file.path)));
    complaints.extend(empty.map(|room| Complaint::Empty {
        of: plan.name.clone(),
        room: room.clone(),
    }));
}

fn upward(plan: &CratePlan, reading: &Reading, complaints: &mut Vec<Complaint>) {
    let read = &reading.read;
    for (&(from, to), taken) in &reading.uses.inside {
        let floors = (
            plan.floor_of(&read.files[from.0].path),
            plan.floor_of(&read.files[to.0].path),
        );
        let (Some(below), Some(above)) = floors else {
            continue;
        };
        if above <= below {
            continue;
        }
        let name = |height| {
            plan.floor(height)
                .map(|floor| floor.name.clone())
                .unwrap_or_default()
        };
        complaints.push(Complaint::Upward {
            from: format!("{}:{}", place(plan, read, from), taken.line),
            from_floor: name(below),
            names: list(taken.names.iter()),
            to: place(plan, read, to),
            to_floor: name(above),
        });
    }
}

fn circles(plan: &CratePlan, reading: &Reading, complaints: &mut Vec<Complaint>) {
    let graph: DiGraphMap<FileId, ()> = reading
        .uses
        .inside
        .keys()
        .map(|&(from, to)| (from, to, ()))
        .collect();
    for mut circle in tarjan_scc(&graph) {
        if circle.len() < 2 {
            continue;
        }
        circle.sort();
        let inside = |&(&(from, to), _): &(&(FileId, FileId), _)| {
            circle.binary_search(&from).is_ok() && circle.binary_search(&to).is_ok()
        };
        let ties = reading.uses.inside.iter().filter(inside);
        complaints.push(Complaint::Circle {
            ties: ties
                .map(|(&(from, to), taken)| {
                    format!(
                        "{}:{} -> {}: {}",
                        place(plan, &reading.read, from),
                        taken.line,
                        place(plan, &reading.read, to),
                        list(taken.names.iter())
                    )
                })
                .collect(),
            files: circle.len(),
        });
    }
}

fn crates_above(house: &House, below: usize, reading: &Reading, complaints: &mut Vec<Complaint>) {
    let Some((plan, above)) = house.crates.get(..=below).and_then(<[CratePlan]>::split_last) else {
        return;
    };
    for (&file, outside) in &reading.uses.outside {
        for (name, line) in outside {
            if above.iter().any(|higher| higher.name == *name) {
                complaints.push(Complaint::CrateUpward {
                    from: format!("{}:{line}", place(plan, &reading.read, file)),
                    to: name.clone(),
                });
            }
        }
    }
}

fn list<'a>(names: impl Iterator<Item = &'a String>) -> String {
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    names.join(", ")
}
