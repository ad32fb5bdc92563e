//! Taking pages back from firmware.

use super::give::{Cause, execute_when_open, head};
use super::reporting::{report_put, warn_missing_root};
use crate::attribution::function_type;
use crate::command;
use crate::errno::Errno;
use crate::handle::Driver;
use crate::message::MessageKind;
use crate::revision::{Accounting, ClaimOverrun, Mistake, UnknownOutcome};
use crate::runtime::Object;
use crate::state::command::CommandErrorKind;
use crate::state::pages::{OncePlace, Owner, PutRules, Unsettled};
use prm::pages::{ManagePagesOut, PAGE_ADDRESS_LENGTH};
use prm::saturated;
use prm::{Iova, PageCount, PagesOp};

/// What a take brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Reclaimed {
    /// Pages firmware says it returned.
    pub(super) claimed: u32,
    /// Pages of those that the driver knew.
    pub(super) found: u32,
}

/// Takes up to `count` pages (`reclaim_pages`).
///
/// # Errors
/// What kept firmware from returning pages. A refusal of a take that firmware asked for by event is none.
pub(super) async fn reclaim(
    driver: &Driver,
    owner: Owner,
    count: u32,
    cause: Cause,
) -> Result<Reclaimed, Errno> {
    let input = head(owner, PagesOp::Take, PageCount::from_bits(count));
    let out_len = ManagePagesOut::SIZE + count as usize * PAGE_ADDRESS_LENGTH;
    let result = execute_when_open(driver, input.as_bytes(), out_len).await;
    match result {
        Ok(output) => returned(driver, owner, count, &output).await,
        Err(error) if error.is_gone() => by_force(driver, owner, count).await,
        Err(error) => {
            let keeps = driver.revision().unknown_outcome() == UnknownOutcome::Quarantined;
            driver
                .step(driver.writes(Object::PageBook), |state, _| {
                    let book = &mut state.pages.book;
                    book.counters.fw_pages_reclaim_discard =
                        book.counters.fw_pages_reclaim_discard.wrapping_add(count);
                    if let CommandErrorKind::TimedOut(ticket) = error.kind
                        && keeps
                    {
                        book.quarantine
                            .note(ticket, Unsettled::Take { owner, asked: count });
                    }
                })
                .await;
            if error.is_refusal() && cause == Cause::Event {
                return Ok(Reclaimed::default());
            }
            match command::check(driver, input.as_bytes(), out_len, Err(error)) {
                Ok(_) => Ok(Reclaimed::default()),
                Err(error) => {
                    driver.message(MessageKind::ReclaimRefused { errno: error.errno() });
                    Err(error.errno())
                }
            }
        }
    }
}

async fn returned(driver: &Driver, owner: Owner, asked: u32, output: &[u8]) -> Result<Reclaimed, Errno> {
    let claimed = ManagePagesOut::from_prefix(output)
        .unwrap_or_default()
        .entry_count();
    let mut listed = claimed;
    if claimed > asked {
        driver.message(MessageKind::ClaimOverrun {
            returned: claimed,
            asked,
        });
        match driver.revision().claim_overrun() {
            ClaimOverrun::FreesNothing => return Err(Errno::EINVAL),
            ClaimOverrun::FreesKnown => listed = asked,
        }
    }
    let mut pages = listed_pages(output, listed);
    if driver.makes(Mistake::ReclaimForgetsLast) {
        pages.pop();
    }
    let found = put_listed(driver, owner, pages).await;
    Ok(Reclaimed {
        claimed: listed,
        found,
    })
}

/// The addresses in the output of a take.
pub(super) fn listed_pages(output: &[u8], count: u32) -> Vec<Iova> {
    let list = output.get(ManagePagesOut::SIZE..).unwrap_or_default();
    let (addresses, _) = list.as_chunks::<PAGE_ADDRESS_LENGTH>();
    addresses
        .iter()
        .take(count as usize)
        .map(|&address| Iova(u64::from_be_bytes(address)))
        .collect()
}

/// Firmware is taken to be gone: the driver helps itself (`reclaim_pages_cmd`).
async fn by_force(driver: &Driver, owner: Owner, count: u32) -> Result<Reclaimed, Errno> {
    let listed = driver
        .step(driver.reads(Object::PageBook), |state, bus| {
            let book = &state.pages.book;
            book.root(owner.key)
                .is_some()
                .then(|| book.used_pages(owner.key, count as usize, bus.host_page_size()))
        })
        .await;
    let Some(listed) = listed else {
        warn_missing_root(driver, OncePlace::Force, owner.key);
        driver
            .then(driver.writes(Object::PageBook), |state, _| {
                let counters = &mut state.pages.book.counters;
                counters.fw_pages_reclaim_discard = counters.fw_pages_reclaim_discard.wrapping_add(count);
            })
            .await;
        driver.message(MessageKind::ReclaimRefused { errno: Errno::EEXIST });
        return Err(Errno::EEXIST);
    };
    let claimed = saturated::<u32>(listed.len());
    let found = put_listed(driver, owner, listed).await;
    Ok(Reclaimed { claimed, found })
}

/// Puts returned pages back and settles the counters; how many of them the driver knew.
async fn put_listed(driver: &Driver, owner: Owner, listed: Vec<Iova>) -> u32 {
    let revision = driver.revision();
    let claimed = saturated::<u32>(listed.len());
    let rules = PutRules {
        accounting: revision.accounting(),
        check: revision.return_check(),
    };
    let report = driver
        .step(driver.writes(Object::PageBook), |state, bus| {
            state.pages.book.put(bus, owner.key, listed, rules)
        })
        .await;
    report_put(driver, owner.key, &report);
    if revision.accounting() == Accounting::Exchanges {
        let late_type = function_type(driver, owner).await;
        driver
            .step(driver.writes(Object::PageBook), |state, _| {
                state.pages.book.counters.subtract(late_type, claimed);
            })
            .await;
    }
    report.freed.saturating_add(report.late)
}
