//! Drivers that are wrong on purpose: each mistake is found at the smallest size.
//!
//! Some undo one answer of the robust driver, some make a mistake that no revision makes. What the robust driver itself shows in the
//! same race does not count.

use super::races::{as_it_stands, race, search, small};
use driver::revision::{
    Accounting, BootRoot, ClaimOverrun, ClampRemainder, ClosedGate, CountCheck, EmbeddedCpuBit,
    GiveWithoutDevice, Leftovers, LostRequest, MigrationOrder, Mistake, ModeCheck, PageQueueDrain,
    PageSlotWait, ReclaimProgress, RequestIdentity, ReturnCheck, Robust, StaleRoots, TeardownCheck,
    TimedOutMailboxes, TypeLookup, TypeMapFailure, UnknownOutcome, UnknownRelease, UnmarkedVport,
    VportUnwind, WaitAttention, WaitTarget,
};
use driver::{Revision, RevisionName};
use harness::explore::Detail;
use harness::scenario::ScenarioFile;
use search::Method;
use serde_json::json;

/// The robust driver with one answer undone, or one mistake made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wrong {
    Accounting(Accounting),
    TypeLookup,
    /// Nobody waits for the gate, or empties the queue before it closes.
    Gate,
    UnknownOutcome,
    Makes(Mistake),
}

macro_rules! robust_but_for {
    ($($question:ident: $answer:ty),* $(,)?) => {
        impl Revision for Wrong {
            fn name(&self) -> RevisionName {
                RevisionName::Robust
            }

            fn accounting(&self) -> Accounting {
                match self {
                    Self::Accounting(accounting) => *accounting,
                    // What is walked for is booked after the exchange.
                    Self::TypeLookup => Accounting::Exchanges,
                    _ => Robust.accounting(),
                }
            }

            fn type_lookup(&self) -> TypeLookup {
                match self {
                    Self::TypeLookup => TypeLookup::VportWalk,
                    _ => Robust.type_lookup(),
                }
            }

            fn closed_gate(&self) -> ClosedGate {
                match self {
                    Self::Gate => ClosedGate::FirmwareGone,
                    _ => Robust.closed_gate(),
                }
            }

            fn give_without_device(&self) -> GiveWithoutDevice {
                match self {
                    Self::Gate => GiveWithoutDevice::Done,
                    _ => Robust.give_without_device(),
                }
            }

            fn page_queue_drain(&self) -> PageQueueDrain {
                match self {
                    Self::Gate => PageQueueDrain::AfterEventQueues,
                    _ => Robust.page_queue_drain(),
                }
            }

            fn unknown_outcome(&self) -> UnknownOutcome {
                match self {
                    Self::UnknownOutcome => UnknownOutcome::Refused,
                    _ => Robust.unknown_outcome(),
                }
            }

            fn mistake(&self) -> Option<Mistake> {
                match self {
                    Self::Makes(mistake) => Some(*mistake),
                    _ => None,
                }
            }

            $(fn $question(&self) -> $answer {
                Robust.$question()
            })*
        }
    };
}

robust_but_for!(
    unmarked_vport: UnmarkedVport,
    migration_order: MigrationOrder,
    teardown_check: TeardownCheck,
    boot_root: BootRoot,
    stale_roots: StaleRoots,
    mode_check: ModeCheck,
    request_identity: RequestIdentity,
    count_check: CountCheck,
    embedded_cpu_bit: EmbeddedCpuBit,
    reclaim_progress: ReclaimProgress,
    leftovers: Leftovers,
    claim_overrun: ClaimOverrun,
    return_check: ReturnCheck,
    lost_request: LostRequest,
    unknown_release: UnknownRelease,
    clamp_remainder: ClampRemainder,
    wait_target: WaitTarget,
    wait_attention: WaitAttention,
    vport_unwind: VportUnwind,
    type_map_failure: TypeMapFailure,
    page_slot_wait: PageSlotWait,
    timed_out_mailboxes: TimedOutMailboxes,
);

/// What is found of a driver in a race, by name.
fn found(scenario: &ScenarioFile, revision: &'static dyn Revision) -> Vec<String> {
    let survey = search(scenario, revision, Method::SHORT, Detail::Commands);
    println!("{revision:?}: {:?}", survey.found.spent);
    survey.found.flaws.keys().map(ToString::to_string).collect()
}

/// Whether a mistake is found in a race: whether something goes wrong that does not go wrong with the robust driver.
fn is_found(wrong: &'static Wrong, scenario: &ScenarioFile) {
    let known = found(scenario, &Robust);
    let mut flaws = found(scenario, wrong);
    flaws.retain(|flaw| !known.contains(flaw));
    println!("{wrong:?}: {}", flaws.join(", "));
    assert!(!flaws.is_empty(), "{wrong:?} is not found");
}

/// A give against an enable, the page stays.
fn give() -> ScenarioFile {
    let mut scenario = small(json!({
        "host": [{ "enable_vfs": 1 }],
        "firmware": [{ "request_pages": { "function": "vf1", "pages": 1 } }],
    }));
    scenario.steps.drain(1..3);
    scenario
}

/// A page is given and taken.
fn take() -> ScenarioFile {
    small(json!({
        "firmware": [{ "request_pages": { "function": "vf1", "pages": -1 } }],
        "besides": [{ "firmware": [{ "request_pages": { "function": "pf", "pages": 1 } }] }],
    }))
}

/// All pages of a VF are dropped, and then the driver goes.
fn release() -> ScenarioFile {
    let mut scenario = small(json!({
        "firmware": [{ "request_pages": { "function": "vf1", "release_all": true } }],
        "besides": [{ "firmware": [{ "request_pages": { "function": "pf", "pages": 1 } }] }],
    }));
    let unload = serde_json::from_value(json!({ "host": "unload" })).unwrap();
    scenario.steps.push(unload);
    scenario
}

/// VFs go while firmware gives pages of theirs back.
fn disable() -> ScenarioFile {
    small(json!({
        "host": ["disable_vfs"],
        "firmware": [
            { "request_pages": { "function": "vf1", "pages": 1 } },
            { "request_pages": { "function": "vf1", "pages": -1 } },
            { "request_pages": { "function": "vf1", "pages": -1 } },
        ],
    }))
}

/// Pages of the driver's own are taken that came before it moved them.
fn boot_pages() -> ScenarioFile {
    small(json!({
        "firmware": [{ "request_pages": { "function": "pf", "pages": -4 } }],
        "besides": [{ "firmware": [{ "request_pages": { "function": "vf1", "pages": 1 } }] }],
    }))
}

/// Firmware never answers a give.
fn no_answer() -> ScenarioFile {
    let mut scenario = small(json!({
        "firmware": [{ "request_pages": { "function": "vf1", "pages": 1 } }],
        "besides": [{ "firmware": [{ "request_pages": { "function": "pf", "pages": 1 } }] }],
    }));
    let never = json!({ "firmware": { "answer": {
        "to": { "command": "MANAGE_PAGES", "op_mod": 1, "function": "vf1" }, "with": { "completed_late": { "after_ms": 900_000 } },
    } } });
    scenario.steps.insert(3, serde_json::from_value(never).unwrap());
    scenario
}

macro_rules! mistakes {
    ($($(#[$meta:meta])* $test:ident: $wrong:expr, $race:expr;)*) => {
        $($(#[$meta])* #[test]
        fn $test() {
            static WRONG: Wrong = $wrong;
            is_found(&WRONG, &$race);
        })*
    };
}

mistakes! {
    a_type_that_is_looked_up_twice_is_found: Wrong::Accounting(Accounting::Exchanges), race("drift", 1, 1);
    a_lock_that_is_taken_for_a_type_is_found: Wrong::TypeLookup, race("lock", 2, 1);
    a_type_that_stays_as_it_was_is_found: Wrong::Accounting(Accounting::HostPages), give();
    a_gate_that_nobody_minds_is_found: Wrong::Gate, as_it_stands("take-held");
    a_command_that_is_taken_for_refused_is_found: Wrong::UnknownOutcome, no_answer();
    a_type_that_is_stale_when_pages_are_booked_is_found: Wrong::Makes(Mistake::GiveKeepsStaleType), give();
    a_page_that_is_not_put_back_is_found: Wrong::Makes(Mistake::ReclaimForgetsLast), take();
    host_pages_that_a_release_forgets_are_found: Wrong::Makes(Mistake::ReleaseForgetsHostPages), release();
    keys_that_a_migration_forgets_are_found: Wrong::Makes(Mistake::MigrationForgetsKeys), boot_pages();
    a_wait_that_takes_fewer_for_none_is_found: Wrong::Makes(Mistake::WaitTakesFewerForNone), disable();
    pages_that_are_not_told_of_their_type_are_found: Wrong::Makes(Mistake::MapForgetsPages), give();
    a_command_under_the_eswitchs_lock_is_found: Wrong::Makes(Mistake::GiveHoldsEswitchLock), race("lock", 2, 1);
}
