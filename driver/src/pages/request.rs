//! Page requests: the event, the queue, the single worker.

use super::give::{Cause, give};
use super::reclaim::reclaim;
use super::release::release_all;
use crate::command;
use crate::handle::{Driver, Work};
use crate::message::MessageKind;
use crate::revision::{ClampRemainder, LostRequest, PageQueueDrain, RequestIdentity};
use crate::runtime::{Object, TaskRole, WorkQueue};
use crate::state::pages::{Owner, PageWork};
use crate::state::{State, functions};
use prm::command::Command as _;
use prm::event::{EventEntry, PageRequest};
use prm::pages::QueryPages;
use prm::{PageCount, PageMode, QueryPagesPhase, WireIdentity};

/// Most pages taken back by one command (`MAX_RECLAIM_NPAGES`).
const MOST_RECLAIMED: i32 = 50_000;

/// How often firmware is asked what it wants after a request was lost, before it is taken to be confused.
const MOST_QUESTIONS: u32 = 64;

/// Handles a page request event (`req_pages_handler`). Part of the announced step of the interrupt.
pub(crate) fn on_page_request(driver: &Driver, event: &EventEntry) {
    let request: PageRequest = event.data();
    if !driver.go_on(|state, _| *state.pages.listening) {
        return;
    }
    if driver.go_on(|_, bus| bus.allocate("page_request").is_err()) {
        driver.message(MessageKind::PageRequestLost);
        if driver.revision().lost_request() == LostRequest::AskedAgain {
            driver.queue_work(PageWork::Ask);
        }
        return;
    }
    let mode = driver.go_on(|state, _| *state.pages.mode);
    let wire = WireIdentity {
        id: request.function_id(),
        ec: request.ec_function(),
    }
    .sent(mode);
    let owner = match driver.revision().request_identity() {
        RequestIdentity::AtWork => None,
        RequestIdentity::AtEvent => Some(Owner::named(wire, mode)),
    };
    let mut count = PageCount::from_bits(request.page_count());
    if driver.revision().clamp_remainder() == ClampRemainder::Forgotten {
        count = PageCount(count.0.max(-MOST_RECLAIMED));
    }
    driver.queue_work(PageWork::Serve {
        wire,
        owner,
        count,
        release_all: request.release_all(),
    });
}

/// Drains the queue between the end of the events and the closing of the gate, where a revision does that.
pub(crate) async fn drain_before_gate(driver: &Driver) {
    match driver.revision().page_queue_drain() {
        PageQueueDrain::AfterEventQueues => {}
        PageQueueDrain::BeforeGate => driver.flush_work::<PageWork>().await,
    }
}

impl Work for PageWork {
    const ROLE: TaskRole = TaskRole::PageWorker;
    const QUEUE: Object = Object::PageQueue;

    fn queue(state: &mut State) -> &mut WorkQueue<Self> {
        &mut state.pages.queue
    }

    fn look(state: &State) -> &WorkQueue<Self> {
        &state.pages.queue
    }

    async fn run(self, driver: Driver) {
        match self {
            Self::Serve {
                wire,
                owner,
                count,
                release_all,
            } => {
                let owner = match owner {
                    Some(owner) => owner,
                    None => {
                        driver
                            .then(driver.reads(Object::PageMode), |state, _| {
                                Owner::named(wire, *state.pages.mode)
                            })
                            .await
                    }
                };
                serve(&driver, owner, count, release_all).await;
            }
            Self::Ask => ask(&driver).await,
        }
    }
}

/// Serves one request (`pages_work_handler`).
async fn serve(driver: &Driver, owner: Owner, count: PageCount, everything: bool) {
    let (virtual_ns, key) = (driver.now().0, owner.key);
    driver.runtime().see(|| {
        tracing::info!(
            actor = "page_worker",
            virtual_ns,
            release_all = everything,
            "serves {count:+} pages for key {key}"
        );
    });
    if everything {
        release_all(driver, owner).await;
    } else if count.0 < 0 {
        let mut left = count.0.unsigned_abs();
        while left > 0 {
            let part = left.min(MOST_RECLAIMED.unsigned_abs());
            left -= part;
            match reclaim(driver, owner, part, Cause::Event).await {
                Ok(reclaimed) if reclaimed.claimed > 0 => {}
                Ok(_) => break,
                Err(errno) => {
                    driver.message(MessageKind::ReclaimFailed { errno });
                    break;
                }
            }
        }
    } else if count.0 > 0
        && let Err(errno) = give(driver, owner, count, Cause::Event).await
    {
        driver.message(MessageKind::GiveFailed { errno });
    }
}

/// Asks firmware what it wants until it wants nothing.
async fn ask(driver: &Driver) {
    for _ in 0..MOST_QUESTIONS {
        let (mode, own, ec) = driver
            .then(driver.reads(Object::PageMode), |state, _| {
                (
                    *state.pages.mode,
                    state.capabilities.vhca_id(),
                    functions::is_ecpf(state),
                )
            })
            .await;
        let input = QueryPages::input().with_op_mod(QueryPagesPhase::Regular.raw());
        let input = match mode {
            PageMode::FuncId => input.with_ec_function(ec),
            PageMode::VhcaId => input.with_function_id(own.0),
        };
        let Ok(answer) = command::run::<QueryPages>(driver, &input).await else {
            return;
        };
        let count = PageCount::from_bits(answer.page_count());
        if count.0 == 0 {
            return;
        }
        let wire = WireIdentity {
            id: answer.function_id(),
            ec: answer.ec_function(),
        };
        serve(driver, Owner::named(wire, mode), count, false).await;
    }
}
