//! One patience for all clients of a thread: how long it waits for answers to DMA messages.
//!
//! A client that answers late keeps everybody waiting whom the same thread serves. So there is one account for all of them:
//!
//! * Nobody else is connected, and nobody else wants anything: the client's own patience counts, see
//!   [`PATIENCE`](crate::connection::PATIENCE). Somebody who does want something ends that: a message, a new client, an
//!   order, a signal.
//! * Others are connected: all waits of one round together last [`IN_COMPANY`]. Others may wait for what firmware owes
//!   them, which no socket tells.
//! * Others want something: all waits together have [`CONTESTED`], which grows again by a tenth of the time that passes.
//!
//! Who lets such a wait end without an answer more than a few times is not waited for at all for a while, and longer each
//! time.

use crate::deadline::{Deadline, now};
use rustix::event::{PollFd, PollFlags};
use rustix::io::Errno;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long all waits of one round may last together while other clients are connected.
pub const IN_COMPANY: Duration = Duration::from_millis(20);

/// How long all waits together may last while somebody else wants something.
pub const CONTESTED: Duration = Duration::from_millis(10);

/// The part of the time that passes by which [`CONTESTED`] grows again.
const SHARE: u32 = 10;

/// What a client gets in any case that has never been late: it answers in less.
const LEAST: Duration = Duration::from_millis(1);

/// Waits without an answer that are forgiven.
const FORGIVEN: u32 = 3;
/// How long a client is not waited for after the first that is not forgiven; twice as long after each further one.
const FIRST_PENALTY: Duration = Duration::from_millis(200);
/// The longest penalty, as the number of doublings: 25 s.
const MOST_DOUBLINGS: u32 = 7;

/// The account of all clients that one thread serves. Clones are the same account.
#[derive(Clone, Debug, Default)]
pub struct Patience(Arc<Account>);

#[derive(Debug, Default)]
struct Account {
    /// Clients connected.
    members: AtomicUsize,
    /// Nanoseconds waited in this round.
    waited: AtomicU64,
    contest: Mutex<Contest>,
}

#[derive(Debug)]
struct Contest {
    /// Readable as soon as somebody else wants something.
    others: Option<OwnedFd>,
    left: Duration,
    since: Duration,
}

impl Default for Contest {
    fn default() -> Self {
        Self {
            others: None,
            left: CONTESTED,
            since: now(),
        }
    }
}

impl Patience {
    /// Takes a descriptor that is readable as soon as anybody wants something of the thread: its `epoll`.
    ///
    /// # Errors
    /// What duplicating it says.
    pub fn watch(&self, others: impl AsFd) -> std::io::Result<()> {
        self.contest().others = Some(others.as_fd().try_clone_to_owned()?);
        Ok(())
    }

    /// Begins another round: what all wait for together counts anew.
    pub fn begin_round(&self) {
        self.0.waited.store(0, Ordering::Relaxed);
    }

    fn contest(&self) -> MutexGuard<'_, Contest> {
        self.0.contest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is left of this round.
    fn left_of_round(&self) -> Duration {
        let waited = Duration::from_nanos(self.0.waited.load(Ordering::Relaxed));
        IN_COMPANY.saturating_sub(waited)
    }

    fn is_alone(&self) -> bool {
        self.0.members.load(Ordering::Relaxed) <= 1
    }
}

impl Contest {
    fn grow(&mut self) {
        let passed = now().saturating_sub(self.since);
        self.since = self.since.saturating_add(passed);
        self.left = self.left.saturating_add(passed / SHARE).min(CONTESTED);
    }
}

/// One client's part in the account.
#[derive(Debug)]
pub struct Member {
    account: Patience,
    /// Waits that ended without an answer, less those with one.
    late: u32,
    /// Until when it is not waited for.
    penalty: Option<Deadline>,
}

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waited {
    /// There is something to receive, or room to send.
    Ready,
    /// The client's own patience is over.
    Exhausted,
    /// Others come first.
    CutShort,
}

impl Member {
    /// A client of this account.
    pub fn of(account: &Patience) -> Self {
        account.0.members.fetch_add(1, Ordering::Relaxed);
        Self {
            account: account.clone(),
            late: 0,
            penalty: None,
        }
    }

    /// Whether the client is not to be waited for now.
    pub fn is_in_disgrace(&self) -> bool {
        self.penalty.is_some_and(|until| !until.remaining().is_zero())
    }

    /// Takes note of an answer that came in time.
    pub fn note_answer(&mut self) {
        self.late = self.late.saturating_sub(1);
    }

    /// Takes note of a wait that was cut short.
    pub fn note_late(&mut self) {
        self.late = self.late.saturating_add(1);
        if let Some(times) = self.late.checked_sub(FORGIVEN + 1) {
            let penalty = FIRST_PENALTY.saturating_mul(1 << times.min(MOST_DOUBLINGS));
            tracing::debug!(
                ?penalty,
                "a client answers DMA messages late and is not waited for"
            );
            self.penalty = Some(Deadline::after(penalty));
        }
    }

    /// Waits for a client's socket.
    ///
    /// # Errors
    /// What `poll` says.
    pub fn wait(&self, stream: BorrowedFd<'_>, wanted: PollFlags, own: Deadline) -> Result<Waited, Errno> {
        let begin = now();
        let waited = self.wait_long(stream, wanted, own);
        let nanoseconds = now().saturating_sub(begin).as_nanos();
        let nanoseconds = u64::try_from(nanoseconds).unwrap_or(u64::MAX);
        self.account.0.waited.fetch_add(nanoseconds, Ordering::Relaxed);
        waited
    }

    fn wait_long(&self, stream: BorrowedFd<'_>, wanted: PollFlags, own: Deadline) -> Result<Waited, Errno> {
        let mut contest = self.account.contest();
        let alone = self.account.is_alone();
        let round = self.account.left_of_round();
        let end = if alone {
            own
        } else {
            own.min(Deadline::after(round))
        };
        let over = if alone {
            Waited::Exhausted
        } else {
            Waited::CutShort
        };
        if !poll(stream, wanted, contest.others.as_ref(), end)? {
            return Ok(over);
        }
        if is_ready(stream, wanted)? {
            return Ok(Waited::Ready);
        }
        // Somebody else wants something.
        contest.grow();
        let least = if self.late == 0 { LEAST } else { Duration::ZERO };
        let left = contest.left.max(least).min(self.account.left_of_round());
        let begin = now();
        let ready = poll(stream, wanted, None, own.min(Deadline::after(left)))?;
        contest.left = contest.left.saturating_sub(now().saturating_sub(begin));
        Ok(if ready { Waited::Ready } else { Waited::CutShort })
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.account.0.members.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Waits for a socket, or for others to want something; false once the deadline has passed.
fn poll(
    stream: BorrowedFd<'_>,
    wanted: PollFlags,
    others: Option<&OwnedFd>,
    deadline: Deadline,
) -> Result<bool, Errno> {
    let mut ready = [
        PollFd::from_borrowed_fd(stream, wanted),
        PollFd::from_borrowed_fd(stream, wanted),
    ];
    let count = match others {
        Some(others) => {
            ready[1] = PollFd::new(others, PollFlags::IN);
            2
        }
        None => 1,
    };
    loop {
        // Once it has passed there is still a look.
        let left = deadline.left().unwrap_or_default();
        match rustix::event::poll(&mut ready[..count], Some(&left)) {
            Ok(found) => return Ok(found > 0),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error),
        }
    }
}

fn is_ready(stream: BorrowedFd<'_>, wanted: PollFlags) -> Result<bool, Errno> {
    poll(stream, wanted, None, Deadline::after(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::os::unix::net::UnixStream;

    const LONG: Duration = Duration::from_secs(20);

    /// How a wait for a silent socket ended, and how long it lasted.
    fn wait(member: &Member) -> (Waited, Duration) {
        let (near, _far) = UnixStream::pair().unwrap();
        let begin = now();
        let waited = member.wait(near.as_fd(), PollFlags::IN, Deadline::after(LONG));
        (waited.unwrap(), now() - begin)
    }

    #[test]
    fn alone_the_own_patience_counts() {
        let member = Member::of(&Patience::default());
        let (near, mut far) = UnixStream::pair().unwrap();
        let own = Deadline::after(3 * IN_COMPANY);
        let begin = now();
        let waited = member.wait(near.as_fd(), PollFlags::IN, own);
        assert_eq!(
            (waited, now() - begin >= 3 * IN_COMPANY),
            (Ok(Waited::Exhausted), true)
        );
        far.write_all(b"x").unwrap();
        let waited = member.wait(near.as_fd(), PollFlags::IN, own);
        assert_eq!(waited, Ok(Waited::Ready), "there is always a look");
    }

    #[test]
    fn in_company_all_waits_of_a_round_together_are_short() {
        let patience = Patience::default();
        let members = [
            Member::of(&patience),
            Member::of(&patience),
            Member::of(&patience),
        ];
        for _ in 0..2 {
            patience.begin_round();
            let begin = now();
            for member in &members {
                assert_eq!(wait(member).0, Waited::CutShort);
            }
            assert!(now() - begin >= IN_COMPANY);
            // The last two were not waited for, so that the whole is nowhere near three times as much.
            let (waited, lasted) = wait(&members[0]);
            assert!(waited == Waited::CutShort && lasted < IN_COMPANY, "{lasted:?}");
        }
    }

    #[test]
    fn who_wants_something_ends_a_wait_also_for_one_that_is_alone() {
        let patience = Patience::default();
        let (others, mut somebody) = UnixStream::pair().unwrap();
        patience.watch(&others).unwrap();
        let member = Member::of(&patience);
        let wanting = std::thread::Builder::new().spawn(move || {
            poll(somebody.as_fd(), PollFlags::IN, None, Deadline::after(IN_COMPANY)).unwrap();
            somebody.write_all(b"x").unwrap();
            somebody
        });
        assert_eq!(wait(&member).0, Waited::CutShort);
        let _somebody = wanting.unwrap().join().unwrap();
        // What others want counts over all rounds, not for each.
        let begin = now();
        for _ in 0..100 {
            patience.begin_round();
            assert_eq!(wait(&member).0, Waited::CutShort);
        }
        assert!(now() - begin < 100 * CONTESTED);
    }

    #[test]
    fn who_is_late_again_and_again_is_not_waited_for_and_who_answers_is_forgiven() {
        let mut member = Member::of(&Patience::default());
        for _ in 0..FORGIVEN {
            member.note_late();
            assert!(!member.is_in_disgrace());
        }
        member.note_answer();
        member.note_late();
        assert!(!member.is_in_disgrace());
        member.note_late();
        assert!(member.is_in_disgrace());
        let first = member.penalty.unwrap().remaining();
        member.note_late();
        assert!(member.penalty.unwrap().remaining() > first);
        for _ in 0..100 {
            member.note_late();
        }
        assert!(member.penalty.unwrap().remaining() < Duration::from_secs(30));
    }
}
