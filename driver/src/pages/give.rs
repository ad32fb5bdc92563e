//! Giving pages to firmware.

use super::reporting::report_allocation;
use crate::attribution::function_type;
use crate::books::FunctionType;
use crate::command;
use crate::errno::Errno;
use crate::handle::Driver;
use crate::message::MessageKind;
use crate::pauses;
use crate::revision::{Accounting, ClosedGate, CountCheck, GiveWithoutDevice, Mistake, UnknownOutcome};
use crate::runtime::{Object, WORKER_CRASHED};
use crate::state::State;
use crate::state::command::{CommandError, CommandErrorKind};
use crate::state::pages::{Owner, PutRules, Unsettled};
use prm::command::Command as _;
use prm::pages::{ManagePages, PAGE_ADDRESS_LENGTH};
use prm::saturated;
use prm::{Iova, Opcode, PageCount, PagesOp};
use std::convert::Infallible;

/// Why pages are exchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// The driver asked firmware what it needs.
    Startup,
    /// Firmware asked by event.
    Event,
}

/// Most pages one request may ask for where counts are checked: 4 GiB.
const MOST_PAGES: u32 = 1 << 20;

/// Most pages given by one command where large gives are cut.
const MOST_PAGES_PER_COMMAND: u32 = 50_000;

/// Size in bytes of MANAGE_PAGES without its list.
const HEAD_LENGTH: i32 = 16;

/// Gives `count` pages (`give_pages`).
///
/// # Errors
/// What kept the pages from firmware. A refusal of a give that firmware asked for by event is none.
pub(super) async fn give(driver: &Driver, owner: Owner, count: PageCount, cause: Cause) -> Result<(), Errno> {
    match driver.revision().count_check() {
        CountCheck::Trusting => give_by_one_command(driver, owner, count, cause).await,
        CountCheck::Validating => {
            let Some(mut left) = u32::try_from(count.0).ok().filter(|&count| count <= MOST_PAGES) else {
                driver.message(MessageKind::ImpossiblePageCount {
                    id: owner.wire.id,
                    pages: count.0,
                });
                if cause == Cause::Event {
                    tell_cannot_give(driver, owner).await;
                }
                return Err(Errno::EINVAL);
            };
            while left > 0 {
                let part = left.min(MOST_PAGES_PER_COMMAND);
                let count = PageCount(saturated::<i32>(part));
                give_by_one_command(driver, owner, count, cause).await?;
                left -= part;
            }
            Ok(())
        }
    }
}

async fn give_by_one_command(
    driver: &Driver,
    owner: Owner,
    count: PageCount,
    cause: Cause,
) -> Result<(), Errno> {
    let early_type = match driver.revision().accounting() {
        Accounting::Exchanges => FunctionType::None,
        Accounting::HostPages | Accounting::Owners => function_type(driver, owner).await,
    };
    let Some(sent_length) = buffer(driver, count, cause).await? else {
        if cause == Cause::Event {
            tell_cannot_give(driver, owner).await;
        }
        return Err(Errno::ENOMEM);
    };
    let pages = match take_pages(driver, owner, early_type, count).await {
        Ok(pages) => pages,
        Err(errno) => {
            if cause == Cause::Event {
                tell_cannot_give(driver, owner).await;
            }
            return Err(errno);
        }
    };
    driver.pause(pauses::pages_ready(pages.len())).await;
    let mut input = head(owner, PagesOp::Give, count).as_bytes().to_vec();
    input.reserve(pages.len() * PAGE_ADDRESS_LENGTH);
    for page in &pages {
        input.extend_from_slice(&page.0.to_be_bytes());
    }
    input.truncate(sent_length);
    let result = match driver.makes(Mistake::GiveHoldsEswitchLock) {
        false => execute(driver, &input).await,
        true => {
            driver
                .holding(Object::EswitchLock, async || execute(driver, &input).await)
                .await
        }
    };
    settle(
        driver,
        Exchange {
            owner,
            count,
            cause,
            input: &input,
            pages: &pages,
        },
        result,
    )
    .await
}

/// The outcome of a give, with what is needed to act on it.
struct Exchange<'a> {
    owner: Owner,
    count: PageCount,
    cause: Cause,
    input: &'a [u8],
    pages: &'a [Iova],
}

async fn settle(
    driver: &Driver,
    give: Exchange<'_>,
    result: Result<Vec<u8>, CommandError>,
) -> Result<(), Errno> {
    let Exchange {
        owner,
        count,
        cause,
        input,
        pages,
    } = give;
    let error = match result {
        Ok(_) => return accepted(driver, owner, count).await,
        Err(error) => error,
    };
    if error.is_gone() && driver.revision().give_without_device() == GiveWithoutDevice::Done {
        return accepted(driver, owner, count).await;
    }
    let unknown = match error.kind {
        CommandErrorKind::TimedOut(ticket) => Some(ticket),
        _ => None,
    };
    if let Some(ticket) = unknown
        && driver.revision().unknown_outcome() == UnknownOutcome::Quarantined
    {
        driver
            .step(driver.writes(Object::PageBook), |state, _| {
                let book = &mut state.pages.book;
                book.hold(owner.key, pages);
                book.quarantine.note(
                    ticket,
                    Unsettled::Give {
                        owner,
                        pages: pages.to_vec(),
                    },
                );
            })
            .await;
        driver.message(MessageKind::GivePagesFailed {
            id: owner.wire.id,
            pages: count.0,
            errno: error.errno(),
        });
        return Err(error.errno());
    }
    put_back(driver, owner, pages, count).await;
    if error.is_refusal() && cause == Cause::Event {
        return Ok(());
    }
    if error.is_gone() {
        return if cause == Cause::Event {
            Ok(())
        } else {
            Err(Errno::ENXIO)
        };
    }
    let errno = match command::check(driver, input, 16, Err(error)) {
        Ok(_) => return Ok(()),
        Err(error) => error.errno(),
    };
    driver.message(MessageKind::GivePagesFailed {
        id: owner.wire.id,
        pages: count.0,
        errno,
    });
    if cause == Cause::Event {
        tell_cannot_give(driver, owner).await;
    }
    Err(errno)
}

async fn accepted(driver: &Driver, owner: Owner, count: PageCount) -> Result<(), Errno> {
    if driver.revision().accounting() == Accounting::Exchanges {
        let late_type = function_type(driver, owner).await;
        let add = count.to_bits();
        driver
            .step(driver.writes(Object::PageBook), |state, _| {
                state.pages.book.counters.add(late_type, add)
            })
            .await;
    }
    Ok(())
}

/// Makes room for the command. How much of it is sent, in bytes; `None` if there is no memory.
///
/// The length is computed in 32 bits as the kernel does, so a count that is large or negative makes the buffer
/// shorter than what goes into it. Where a kernel writes past its end, the write is reported; the driver itself goes
/// no further than its own memory.
///
/// # Errors
/// `EFAULT` where a kernel could not have gone on.
async fn buffer(driver: &Driver, count: PageCount, cause: Cause) -> Result<Option<usize>, Errno> {
    let length = HEAD_LENGTH.wrapping_add(count.0.wrapping_mul(8));
    let needed = i64::from(HEAD_LENGTH) + 8 * i64::from(count.0.max(0));
    let refused = driver.step(driver.reads(Object::PageBook), |_, bus| {
        bus.allocate("page_buffer").is_err()
    });
    let refused = refused.await;
    let Ok(usable) = usize::try_from(length) else {
        driver.message(MessageKind::BufferLength { bytes: length });
        driver.message(MessageKind::BufferAllocationFailed { bytes: length });
        return Ok(None);
    };
    if refused {
        driver.message(MessageKind::BufferAllocationFailed { bytes: length });
        return Ok(None);
    }
    if i64::from(length) >= needed {
        return Ok(Some(usable));
    }
    driver.message(MessageKind::OutOfBoundsWrite {
        length: i64::from(length),
        offset: i64::from(length.min(HEAD_LENGTH)),
    });
    // A head that does not fit spoils what lies behind it, and the command still goes out. A buffer of no length at
    // all, or a list without an end, stops whoever writes it.
    if length > 0 && count.0 < 0 {
        return Ok(Some(usable));
    }
    if cause == Cause::Event {
        match crash_worker(driver).await {}
    }
    Err(Errno::EFAULT)
}

/// The worker is dead: whoever waits for it waits for ever.
async fn crash_worker(driver: &Driver) -> Infallible {
    driver
        .then(driver.writes(Object::PageQueue), |state, _| {
            *state.pages.crashed = true
        })
        .await;
    let never = |_: &State| None;
    driver
        .wait_for_ever([], Object::RacePoint(WORKER_CRASHED), never)
        .await
}

/// Takes the pages from the host; on failure none stays taken.
async fn take_pages(
    driver: &Driver,
    owner: Owner,
    early_type: FunctionType,
    count: PageCount,
) -> Result<Vec<Iova>, Errno> {
    let revision = driver.revision();
    let wanted = u32::try_from(count.0).unwrap_or(0);
    let taken = driver
        .step(driver.writes(Object::PageBook), |state, bus| {
            let mut pages = Vec::new();
            let book = &mut state.pages.book;
            let mut early_type = early_type;
            if revision.accounting() == Accounting::Owners {
                // The owner may have come to be known since its type was looked up.
                if early_type == FunctionType::None && !driver.makes(Mistake::GiveKeepsStaleType) {
                    early_type = book.known_type(owner.key).unwrap_or(FunctionType::None);
                }
                book.learn_type(owner.key, early_type);
            }
            let taken = book.take(bus, owner, early_type, wanted, revision.accounting(), &mut pages);
            if taken.is_err() {
                let failed = wanted.wrapping_sub(saturated::<u32>(pages.len()));
                book.counters.fw_pages_alloc_failed =
                    book.counters.fw_pages_alloc_failed.wrapping_add(failed);
                let rules = PutRules {
                    accounting: revision.accounting(),
                    check: revision.return_check(),
                };
                book.put(bus, owner.key, pages.iter().rev().copied(), rules);
            }
            taken.map(|()| pages)
        })
        .await;
    taken.map_err(|failure| report_allocation(driver, failure))
}

/// Puts pages back that firmware did not take, the newest first.
async fn put_back(driver: &Driver, owner: Owner, pages: &[Iova], count: PageCount) {
    let revision = driver.revision();
    let rules = PutRules {
        accounting: revision.accounting(),
        check: revision.return_check(),
    };
    driver
        .step(driver.writes(Object::PageBook), |state, bus| {
            let book = &mut state.pages.book;
            book.counters.fw_pages_give_dropped =
                book.counters.fw_pages_give_dropped.wrapping_add(count.to_bits());
            book.put(bus, owner.key, pages.iter().rev().copied(), rules)
        })
        .await;
}

/// Tells firmware that there are no pages for its request (`page_notify_fail`).
async fn tell_cannot_give(driver: &Driver, owner: Owner) {
    let input = head(owner, PagesOp::CannotGive, PageCount(0));
    if let Err(error) = command::execute(driver, input.as_bytes(), 16).await {
        driver.message(MessageKind::PageNotifyFailed {
            id: owner.wire.id,
            errno: error.errno(),
        });
    }
}

/// The head of MANAGE_PAGES.
pub(super) fn head(owner: Owner, op: PagesOp, count: PageCount) -> prm::pages::ManagePagesIn {
    ManagePages::input()
        .with_op_mod(op.raw())
        .with_ec_function(owner.wire.ec)
        .with_function_id(owner.wire.id)
        .with_entry_count(count.to_bits())
}

async fn execute(driver: &Driver, input: &[u8]) -> Result<Vec<u8>, CommandError> {
    execute_when_open(driver, input, 16).await
}

/// Executes a page command. Where a closed gate means "not now", it waits for the gate.
pub(super) async fn execute_when_open(
    driver: &Driver,
    input: &[u8],
    out_len: usize,
) -> Result<Vec<u8>, CommandError> {
    loop {
        match command::execute_raw(driver, input, out_len).await {
            Err(CommandError {
                kind: CommandErrorKind::GateClosed,
                ..
            }) if driver.revision().closed_gate() == ClosedGate::NotNow => {
                command::until_open(driver, Opcode::ManagePages).await;
            }
            result => return result,
        }
    }
}
