//! Which limits a scenario's driver runs into, and where each is on the wall clock.
//!
//! A scenario names times and the device prescribes limits. What the scenario means is their order: an answer that comes
//! *before* the command's limit, a pause that is *longer* than the wait. The scaled limits and times keep that order for
//! every pair of a time and a limit, with a margin on either side for what a guest's clock does.

use emulator::config::Timeouts;
use prm::saturated;

/// How long the driver goes on looking for a lost event after a command's limit: a constant of the kernel's.
const GRACE: u64 = 5_000;
/// What a step takes beside its own delay, while an operation or a command is kept waiting: settling, and looking at the
/// books.
const STEP: u64 = 1_000;
/// What a time keeps clear of a limit.
const MARGIN: u64 = 250;
/// What lasts longer than this, short of a limit, is meant to be long, not to be exact.
const LONG: u64 = 10_000;

/// The least that a command's limit is scaled to: the guest has one slow processor.
const LEAST_COMMAND_LIMIT: u64 = 2_000;
/// The least that a wait for pages is scaled to.
const LEAST_PAGE_WAIT: u64 = 4_000;
/// The longest that startup reclaim is let go on without progress, unless times have to fit in before.
const RECLAIM: u64 = 5_000;
/// The same for a function that has to go off after a fatal error. The kernel looks at a device's health every 2 s and a
/// random second more; what the scenario does in between has to find it waiting all the same.
const DYING: u64 = 6_000;
/// The least that the wait for a device to be there again is scaled to.
const LEAST_RETURN: u64 = 4_000;
/// From a fatal error to the poll that sees it: in our driver's run at the most, and in the kernel, which adds up to a second by
/// chance.
const HEALTH_POLL: u64 = 2_000;
const LATE_HEALTH_POLL: u64 = 3_000;

/// What a scenario does that decides how long its limits have to be, in ms of the scenario.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Demand {
    /// Every time that it names.
    pub(super) times: Vec<u64>,
    /// How long commands are kept waiting that are meant to be in time.
    pub(super) held: Span,
    /// The same for operations.
    pub(super) operating: Span,
    /// The device reports an error.
    pub(super) dies: bool,
    /// Nobody reaches the device for a while, or from then on.
    pub(super) leaves: bool,
    /// Commands are kept waiting, so that it matters which limit ends first.
    pub(super) stalls: bool,
}

/// Steps in a row, between which something waits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Span {
    /// How many.
    pub(super) steps: u64,
    /// The pauses among them, in ms of the scenario.
    pub(super) pauses: Vec<u64>,
}

/// A limit of the driver's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limit {
    /// As the scenario means it.
    pub(super) given: u64,
    /// The earliest that it ends on the wall clock.
    pub(super) from: u64,
    /// The latest. A kernel's timers have slots that are coarser the later they are: what is long comes up to an eighth
    /// late.
    pub(super) to: u64,
}

impl Limit {
    const fn new(given: u64, scaled: u64) -> Self {
        Self {
            given,
            from: scaled,
            to: scaled + scaled / 8,
        }
    }

    /// Whether it is shorter than in the scenario: what is timed by it moves along.
    const fn is_shortened(self) -> bool {
        self.from < self.given
    }

    /// A time that is not shorter than the limit: behind its latest end, and as much longer as in the scenario.
    const fn beyond(self, ms: u64) -> u64 {
        let least = self.to + MARGIN;
        let exact = self.from + long(ms - self.given);
        if self.is_shortened() && exact > least {
            exact
        } else {
            least
        }
    }
}

/// Whose limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    GoingDown,
    Returning,
    Reclaim,
    Command,
    PageWait,
}

/// All limits, where they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Limits {
    /// Every one that a time is compared with.
    pub(super) all: Vec<Limit>,
    /// A command's limit with the time of grace, after which the next may begin.
    whole: Limit,
    /// A wait for pages, once it has its place.
    page_wait: Option<Limit>,
    /// What the device prescribes.
    pub(super) timeouts: Timeouts,
    /// Times stay as they are: no scale keeps their order.
    plain: bool,
}

impl Limits {
    /// The scaled limits.
    pub(super) fn of(given: Timeouts, demand: &Demand) -> Self {
        let scaled = Self::scaled(given, demand);
        if scaled.keep_apart(&demand.times) {
            scaled
        } else {
            Self::plain(given)
        }
    }

    /// Nothing is scaled: every order is that of the scenario.
    fn plain(given: Timeouts) -> Self {
        let command = u64::from(given.command_ms);
        Self {
            all: Vec::new(),
            whole: Limit::new(command + GRACE, command + GRACE),
            page_wait: None,
            timeouts: given,
            plain: true,
        }
    }

    fn scaled(given: Timeouts, demand: &Demand) -> Self {
        let mut kinds = vec![
            (u64::from(given.reclaim_pages_ms), Kind::Reclaim),
            (u64::from(given.command_ms), Kind::Command),
            (u64::from(given.reclaim_vfs_pages_ms), Kind::PageWait),
        ];
        if demand.dies {
            // From the error on, of which a scenario knows when it was.
            kinds.push((u64::from(given.pcie_toggle_ms) + HEALTH_POLL, Kind::GoingDown));
        }
        if demand.leaves {
            // It is waited for when it has not gone down in time.
            let ms = u64::from(given.firmware_reset_ms) + u64::from(given.pcie_toggle_ms) + HEALTH_POLL;
            kinds.push((ms, Kind::Returning));
        }
        kinds.sort_by_key(|&(given, _)| given);
        let command = u64::from(given.command_ms);
        let mut limits = Self {
            all: Vec::new(),
            whole: Limit::new(command + GRACE, command + GRACE),
            page_wait: None,
            timeouts: given,
            plain: false,
        };
        for (ms, kind) in kinds {
            let before = demand.times.iter().filter(|&&time| time < ms);
            let needed = before
                .map(|&time| limits.time(time) + limits.spare(time, kind))
                .max();
            limits.push(ms, kind, needed.unwrap_or(0), demand);
        }
        limits
    }

    fn push(&mut self, given: u64, kind: Kind, needed: u64, demand: &Demand) {
        let ms = |scaled: u64| saturated::<u32>(scaled);
        match kind {
            Kind::GoingDown => {
                let scaled = needed.max(DYING);
                self.timeouts.pcie_toggle_ms = ms(scaled);
                let latest = scaled + LATE_HEALTH_POLL;
                self.all.push(Limit {
                    given,
                    from: scaled,
                    to: latest + latest / 8,
                });
            }
            Kind::Returning => {
                let before = u64::from(self.timeouts.pcie_toggle_ms);
                let scaled = needed.saturating_sub(before).max(LEAST_RETURN);
                self.timeouts.firmware_reset_ms = ms(scaled);
                let latest = before + scaled + LATE_HEALTH_POLL;
                self.all.push(Limit {
                    given,
                    from: before + scaled,
                    to: latest + latest / 8,
                });
            }
            Kind::Reclaim => {
                let scaled = needed.max(given.clamp(LEAST_COMMAND_LIMIT, RECLAIM));
                self.timeouts.reclaim_pages_ms = ms(scaled);
                self.all.push(Limit::new(given, scaled));
            }
            Kind::Command => {
                // A wait for pages that ends first does so here, too.
                let page_wait = self.later_than(self.page_wait, demand);
                let dying = if demand.dies { 2 * DYING } else { 0 };
                let held = self.lasts(&demand.held).max(dying);
                let scaled = needed.max(LEAST_COMMAND_LIMIT).max(held).max(page_wait);
                self.timeouts.command_ms = ms(scaled);
                let limit = Limit::new(given, scaled);
                self.whole = Limit {
                    given: given + GRACE,
                    from: scaled + GRACE,
                    to: limit.to + GRACE + GRACE / 16,
                };
                self.all.push(limit);
                self.all.push(self.whole);
            }
            Kind::PageWait => {
                let command = self.all.contains(&self.whole) && given > self.whole.given;
                let whole = self.later_than(command.then_some(self.whole), demand);
                let scaled = needed
                    .max(LEAST_PAGE_WAIT)
                    .max(self.lasts(&demand.operating))
                    .max(whole);
                self.timeouts.reclaim_vfs_pages_ms = ms(scaled);
                let limit = Limit::new(given, scaled);
                self.page_wait = Some(limit);
                self.all.push(limit);
            }
        }
    }

    /// What a time that is in time for a limit has to spare: a step takes longer than its own delay.
    fn spare(&self, time: u64, kind: Kind) -> u64 {
        let command = self.whole.given - GRACE;
        let since = [self.whole.given, command]
            .into_iter()
            .find(|&limit| limit <= time);
        match kind {
            Kind::Command | Kind::PageWait => long(time - since.unwrap_or(0)).clamp(2 * MARGIN, LONG),
            Kind::Reclaim | Kind::GoingDown | Kind::Returning => 2 * MARGIN,
        }
    }

    /// How long a span lasts on the wall clock.
    fn lasts(&self, span: &Span) -> u64 {
        let pauses = span.pauses.iter().map(|&pause| self.time(pause));
        span.steps * STEP + pauses.sum::<u64>()
    }

    /// The least for a limit that ends after `other`, where that is to be seen.
    fn later_than(&self, other: Option<Limit>, demand: &Demand) -> u64 {
        match other {
            Some(other) if demand.stalls => other.to + 2 * MARGIN,
            _ => 0,
        }
    }

    /// Whether each of these times is on the right side of each limit.
    fn keep_apart(&self, times: &[u64]) -> bool {
        times.iter().all(|&given| {
            let scaled = self.time(given);
            self.all.iter().all(|limit| {
                if given < limit.given {
                    scaled + MARGIN <= limit.from
                } else {
                    scaled >= limit.to + MARGIN
                }
            })
        })
    }

    /// A time of the scenario, in ms, on the wall clock.
    pub(super) fn time(&self, ms: u64) -> u64 {
        if self.plain {
            return ms;
        }
        let behind = || self.all.iter().filter(|limit| limit.given <= ms);
        let beyond = behind().map(|limit| limit.beyond(ms)).max();
        let as_it_is = if behind().any(|limit| limit.is_shortened()) {
            0
        } else {
            long(ms)
        };
        // As many whole limits as the scenario means.
        let repeated = match ms / self.whole.given {
            0 | 1 => 0,
            limits => limits * (self.whole.to - GRACE / 16) + MARGIN,
        };
        let wanted = as_it_is.max(beyond.unwrap_or(0)).max(repeated);
        let ahead = self.all.iter().filter(|limit| limit.given > ms);
        let room = ahead.map(|limit| limit.from.saturating_sub(MARGIN)).min();
        wanted.min(room.unwrap_or(u64::MAX))
    }

    /// How much of a pause is needed for every limit to end that ends in it, after a wait that has lasted for `given` ms of the
    /// scenario and `scaled` ms of the wall clock.
    pub(super) fn rest(&self, given: u64, scaled: u64, pause: u64) -> u64 {
        let crossed = self
            .all
            .iter()
            .filter(|limit| given < limit.given && given + pause >= limit.given);
        let rests = crossed.map(|limit| (limit.to + MARGIN).saturating_sub(scaled));
        rests.max().unwrap_or(0)
    }
}

/// A time that is long is shortened, and stays longer than a shorter one.
const fn long(ms: u64) -> u64 {
    if ms <= LONG { ms } else { LONG + (ms - LONG) / 16 }
}

#[cfg(test)]
mod tests;
