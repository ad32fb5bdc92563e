//! What is forced on the kernel's driver: chosen allocations and mappings fail, and it stops between two of its steps.
//!
//! The helper does it, a module of ours in the guest (`guest/helper/`): it refuses calls of a function by
//! certain callers, and holds a call before it begins. It knows no driver. Which calls stand for what is said here: [`REFUSALS`]
//! for the places in our driver where an allocation can fail, [`PAUSES`] for those where it can be stopped.
//!
//! The helper is inserted when a scenario first needs it, and removed when the scenario has ended: all others run on a kernel
//! that has nothing of ours.

use super::guest::{DRIVER, Guest, GuestError};
use crate::scenario::deed::FaultCount;
use crate::scenario::{Fault, RaceStep};
use crate::stage::abilities::Obstacle;
use crate::stage::stop::Stop;
use emulator::Owner;
use guest::kit::HELPER;
use guest_protocol::{Answer, Order};
use prm::{ADAPTER_PAGE_SHIFT, Cycles};
use std::fmt::Write;

/// The helper's files.
const FOLDER: &str = "/sys/kernel/debug/mlx5_cosim";

/// How long the helper may take.
const LIMIT: Cycles = Cycles::from_millis(30_000);

const NO_MEMORY: i64 = -12;
const NO_POINTER: i64 = 0;
/// What a mapping that failed returns for its address.
const NO_MAPPING: i64 = -1;

/// A call that is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Refusal {
    /// The place in our driver.
    site: &'static str,
    /// The function that is called.
    function: &'static str,
    /// What it returns instead of being called.
    returns: i64,
    /// Functions of the driver that call it, from the innermost: a compiler puts some into others, and not each does it to
    /// the same ones.
    callers: &'static [&'static str],
    /// Which calls count, if not all: `2>16`, those whose argument 2 is above 16.
    only: Option<&'static str>,
}

impl Refusal {
    const fn of(
        site: &'static str,
        function: &'static str,
        returns: i64,
        callers: &'static [&'static str],
    ) -> Self {
        Self {
            site,
            function,
            returns,
            callers,
            only: None,
        }
    }
}

/// Who gets a page ready for firmware.
const GIVING: &[&str] = &["alloc_system_page", "give_pages"];

/// Who makes the root of an owner's tree: for its first page, and for the key that the boot pages move to.
const ROOTS: &[&str] = &[
    "page_root_per_function",
    "insert_page",
    "alloc_system_page",
    "give_pages",
    "mlx5_pagealloc_migrate_pf_to_vhca_id",
    "mlx5_satisfy_startup_pages",
];

/// Places where an allocation can fail.
const REFUSALS: [Refusal; 10] = [
    Refusal::of("page_root", "__xa_insert", NO_MEMORY, ROOTS),
    Refusal::of("type_map", "__xa_insert", NO_MEMORY, &["mlx5_esw_vport_enable"]),
    Refusal::of("vport_map", SMALL, NO_POINTER, &["mlx5_esw_vport_vhca_id_map"]),
    Refusal::of("page_request", SMALL, NO_POINTER, &["req_pages_handler"]),
    Refusal::of(
        "page_buffer",
        "__kvmalloc_node_noprof",
        NO_POINTER,
        &["give_pages"],
    ),
    Refusal {
        // Input that finds no cached mailboxes and all output, where it does not fit into the queue's entry.
        only: Some("2>16"),
        ..Refusal::of(
            "mailbox",
            "mlx5_core:mlx5_alloc_cmd_msg",
            NO_MEMORY,
            &["alloc_msg", "cmd_exec"],
        )
    },
    Refusal::of(
        "functions_changed",
        SMALL,
        NO_POINTER,
        &["mlx5_esw_add_work", "mlx5_esw_funcs_changed_handler"],
    ),
    Refusal::of(
        "vhca_state",
        SMALL,
        NO_POINTER,
        &["mlx5_vhca_state_change_notifier"],
    ),
    Refusal::of(PAGE, "__alloc_pages_noprof", NO_POINTER, GIVING),
    Refusal::of(MAPPING, "dma_map_page_attrs", NO_MAPPING, GIVING),
];

/// What allocates small things of a known size.
const SMALL: &str = "__kmalloc_cache_noprof";

/// The allocation and the mapping of a host page; scenarios name them by fields of their own.
const PAGE: &str = "page";
const MAPPING: &str = "mapping";

/// A call before which the driver is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Pause {
    /// The point in our driver.
    point: &'static str,
    /// The function that the driver calls next.
    function: &'static str,
    /// How many such calls it makes before it comes there.
    skip: u32,
    /// As those of a [`Refusal`].
    callers: &'static [&'static str],
}

/// The points that lie before a call. Between the new key and the pages' new tags there is none.
const PAUSES: [Pause; 2] = [
    Pause {
        point: "migrate.retagged",
        function: "xa_erase",
        skip: 0,
        callers: &[
            "mlx5_pagealloc_migrate_pf_to_vhca_id",
            "mlx5_satisfy_startup_pages",
        ],
    },
    Pause {
        // The next thing is the second question how many pages are needed; the first one was that for the boot pages.
        point: "migrate.erased_old_key",
        function: "mlx5_cmd_exec",
        skip: 1,
        callers: &["mlx5_cmd_query_pages", "mlx5_satisfy_startup_pages"],
    },
];

/// The points where the driver can be stopped.
pub(super) const POINTS: &[&str] = &[PAUSES[0].point, PAUSES[1].point];

/// The helper in a guest, for a run.
#[derive(Debug, Default)]
pub(super) struct Forcing {
    /// What was told to the helper, in order; it is inserted if there is anything.
    told: Vec<String>,
}

impl Forcing {
    /// Makes calls fail.
    pub(super) fn fault(
        &mut self,
        guest: &mut Guest,
        fault: &Fault,
    ) -> Result<Result<(), Obstacle>, Stop<GuestError>> {
        let Some(line) = refusal_line(fault) else {
            return Ok(Err(Obstacle::ChosenAllocation));
        };
        self.tell(guest, "refuse", line)?;
        Ok(Ok(()))
    }

    /// Stops the driver, or lets it go on.
    pub(super) fn race(
        &mut self,
        guest: &mut Guest,
        race: &RaceStep,
    ) -> Result<Result<(), Obstacle>, Stop<GuestError>> {
        let (file, line) = match race {
            RaceStep::Pause { at } => ("hold", pause_at(at).map(pause_line)),
            RaceStep::Resume { at } => ("release", pause_at(at).map(|pause| pause.function.to_owned())),
            RaceStep::FreePage { .. } => ("call", None),
        };
        let Some(line) = line else {
            return Ok(Err(Obstacle::RacePoint));
        };
        self.tell(guest, file, line)?;
        Ok(Ok(()))
    }

    /// The order that frees a page of the function under test: of those that firmware owns the one with the highest address,
    /// which is the first in the driver's tree. The driver's device is known from a call that is held.
    pub(super) fn free_page(&self, guest: &mut Guest, key: u32) -> Result<Order, Stop<GuestError>> {
        let Answer::Files(files) = guest.look(Order::ReadFiles {
            paths: vec![format!("{FOLDER}/hold")],
        })?
        else {
            return Err(unusable("free a page", "the guest answers something else"));
        };
        let text = files.into_iter().next().flatten().unwrap_or_default();
        let device = held_argument(&text).ok_or_else(|| {
            unusable(
                "free a page",
                "the driver is not stopped where its device is known",
            )
        })?;
        let function = guest.silicon().main_function();
        let pages = guest
            .silicon()
            .ledger()
            .pages_of(function, Owner::Function(function));
        let highest = pages.map(|page| page.number).max();
        let highest = highest.ok_or_else(|| unusable("free a page", "firmware owns none"))?;
        let address = highest << ADAPTER_PAGE_SHIFT;
        Ok(Order::WriteFile {
            path: format!("{FOLDER}/call"),
            text: format!("{DRIVER}:free_4k {device} {address:#x} {key}"),
        })
    }

    /// Leaves the kernel without the helper, and says what of its work never came.
    pub(super) fn leave(&mut self, guest: &mut Guest) -> Result<(), GuestError> {
        if self.told.is_empty() {
            return Ok(());
        }
        let paths = ["refuse", "hold"].map(|file| format!("{FOLDER}/{file}"));
        if let Answer::Files(files) = guest.look(Order::ReadFiles {
            paths: paths.to_vec(),
        })? {
            for line in files.iter().flatten().flat_map(|text| text.lines()) {
                tracing::info!(actor = "host", "helper: {line}");
            }
        }
        self.told.clear();
        let name = HELPER.to_owned();
        guest.must(Order::RemoveModule { name }, LIMIT).map(drop)
    }

    fn tell(&mut self, guest: &mut Guest, file: &str, line: String) -> Result<(), Stop<GuestError>> {
        if self.told.is_empty() {
            let order = Order::InsertModule {
                name: HELPER.to_owned(),
                parameters: String::new(),
            };
            guest.must(order, LIMIT)?;
        }
        let order = Order::WriteFile {
            path: format!("{FOLDER}/{file}"),
            text: line.clone(),
        };
        let outcome = guest.call(order, LIMIT)?;
        self.told.push(line.clone());
        outcome
            .map(drop)
            .map_err(|refusal| unusable(&format!("{file} `{line}`"), &refusal.to_string()))
    }
}

fn unusable(what: &str, why: &str) -> Stop<GuestError> {
    Stop::Unusable(format!("the helper in the guest cannot {what}: {why}"))
}

/// What the helper is told of a failure.
fn refusal_line(fault: &Fault) -> Option<String> {
    let (site, FaultCount { skip, times }) = match fault {
        Fault::Allocation(fault) => {
            let (skip, times) = (fault.skip, fault.times);
            (fault.site.as_str(), FaultCount { skip, times })
        }
        Fault::PageAllocation(count) => (PAGE, *count),
        Fault::Mapping(count) => (MAPPING, *count),
    };
    let refusal = REFUSALS.iter().find(|refusal| refusal.site == site)?;
    let Refusal {
        function, returns, ..
    } = refusal;
    let mut line = format!("{function} {returns} {skip} {times}");
    name_callers(&mut line, refusal.callers);
    if let Some(only) = refusal.only {
        line.push(' ');
        line.push_str(only);
    }
    Some(line)
}

fn pause_at(point: &str) -> Option<Pause> {
    PAUSES.into_iter().find(|pause| pause.point == point)
}

fn pause_line(pause: Pause) -> String {
    let mut line = format!("{} {}", pause.function, pause.skip);
    name_callers(&mut line, pause.callers);
    line
}

fn name_callers(line: &mut String, callers: &[&str]) {
    for caller in callers {
        // Writing to a string does not fail.
        let _ = write!(line, " {DRIVER}:{caller}");
    }
}

/// The first argument of the first call that is held, as the helper shows it: the driver's device.
fn held_argument(text: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let mut words = line.split_whitespace().skip(1);
        let held = words.next() == Some("held");
        words.next().filter(|_| held).map(str::to_owned)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::deed::{ALLOCATION_SITES, AllocationFault};
    use driver::runtime::RACE_POINTS;

    fn allocation(site: &str) -> Fault {
        Fault::Allocation(AllocationFault {
            site: site.to_owned(),
            skip: 2,
            times: 1,
        })
    }

    #[test]
    fn every_place_of_a_scenario_is_a_call_of_the_kernel() {
        for site in ALLOCATION_SITES {
            assert!(refusal_line(&allocation(site)).is_some(), "{site}");
        }
        assert_eq!(
            refusal_line(&allocation("vport_map")).as_deref(),
            Some("__kmalloc_cache_noprof 0 2 1 mlx5_core:mlx5_esw_vport_vhca_id_map")
        );
        assert_eq!(refusal_line(&allocation("elsewhere")), None);
        assert_eq!(
            refusal_line(&allocation("mailbox")).as_deref(),
            Some("mlx5_core:mlx5_alloc_cmd_msg -12 2 1 mlx5_core:alloc_msg mlx5_core:cmd_exec 2>16")
        );
        assert_eq!(
            refusal_line(&allocation("mailbox")).as_deref(),
            Some("mlx5_core:mlx5_alloc_cmd_msg -12 2 1 mlx5_core:alloc_msg mlx5_core:cmd_exec 2>16")
        );
        let mapping = Fault::Mapping(FaultCount { skip: 10, times: 3 });
        let line = refusal_line(&mapping).unwrap();
        assert!(
            line.starts_with("dma_map_page_attrs -1 10 3 mlx5_core:"),
            "{line}"
        );
    }

    #[test]
    fn a_line_fits_what_the_helper_takes() {
        // FORCE_CALLERS and FORCE_TEXT there.
        for refusal in REFUSALS {
            assert!(refusal.callers.len() <= 8, "{}", refusal.site);
        }
        for pause in PAUSES {
            assert!(pause.callers.len() <= 8, "{}", pause.point);
            assert!(pause_line(pause).len() <= 1024, "{}", pause.point);
        }
    }

    #[test]
    fn points_are_those_of_our_driver() {
        for point in POINTS {
            assert!(RACE_POINTS.contains(point), "{point}");
        }
        let line = pause_at("migrate.erased_old_key").map(pause_line);
        assert_eq!(
            line.as_deref(),
            Some("mlx5_cmd_exec 1 mlx5_core:mlx5_cmd_query_pages mlx5_core:mlx5_satisfy_startup_pages")
        );
        assert_eq!(pause_at("migrate.inserted_new_key"), None);
    }

    #[test]
    fn the_device_is_the_first_argument_of_a_held_call() {
        let text = "xa_erase armed\nmlx5_cmd_exec held 0xffff888003a00000 0x1 0x10 0x2 0x10 0x0";
        assert_eq!(held_argument(text).as_deref(), Some("0xffff888003a00000"));
        assert_eq!(held_argument("mlx5_cmd_exec gone"), None);
        assert_eq!(held_argument(""), None);
    }
}
