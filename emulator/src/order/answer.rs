//! Unusual answers: what each is, for which commands, and how it reads.

use super::page_request::PageRequest;
use prm::{Opcode, PagesOp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An unusual answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Answer {
    /// Not executed; refused with a status and syndrome: a failed TEARDOWN_HCA (`migrate-ebusy`), a give for a function that is
    /// gone (`flr-after-request-a`).
    Refuse {
        /// Command status.
        status: u8,
        /// Syndrome.
        #[serde(default)]
        syndrome: u32,
    },
    /// Executed only after this delay, and completed then: a give that times out first (`give-timeout-late`), a late write to
    /// mailboxes (`late-completion-mailboxes`).
    Late {
        /// Delay on the virtual clock.
        after_ms: u32,
    },
    /// Executed at the doorbell, completed after this delay: firmware owns pages that the driver has not counted (`count-order`).
    CompletedLate {
        /// Delay on the virtual clock.
        after_ms: u32,
    },
    /// Neither executed nor completed, ever, unless the device is reset (`give-never-completes`).
    Never {},
    /// Executed and completed, but the completion event and its interrupt are lost (`answer-without-event`).
    LostEvent {},
    /// Executed and completed, and the completion event is posted, but its interrupt is lost: the driver finds the event when it
    /// looks by itself or when the next interrupt comes (`answer-without-interrupt`).
    LostInterrupt {},
    /// Not executed, and answered with success: firmware that swallows nonsense (`negative-startup-init-accepted`).
    Accept {},
    /// Outstanding until firmware has been given what these requests ask for. They are posted when
    /// the command arrives. A command behind a request that gives back waits only for those that ask for pages. If the
    /// driver answers that it cannot give, the command fails with status 0xf. Every stall is one: the lock holder's own command
    /// (`lock-take-ahead`), a lost request (`lost-eqe`).
    Needs {
        /// Requests, posted in this order.
        requests: Vec<PageRequest>,
    },
    /// MANAGE_PAGES(take) only: the count field claims this many more than are listed and returned (`claim-overrun`).
    ClaimExtra {
        /// How many more.
        pages: u32,
    },
    /// MANAGE_PAGES(take) only: answered with this many addresses that were never given, instead of owned pages
    /// (`startup-livelock`).
    UnknownPages {
        /// How many.
        pages: u32,
    },
    /// MANAGE_PAGES(take) only: these offsets into the owned pages (in return order) are returned as listed,
    /// repetitions included, and only the distinct ones change hands. An empty list keeps all (`64k-suite-b`, `reload-residue`).
    Returns {
        /// Indices into the owned pages.
        indices: Vec<u32>,
    },
    /// QUERY_PAGES only: the answer carries this count (`init-count-too-small`).
    PageCount {
        /// Signed count of 4 KiB pages.
        pages: i32,
    },
}

impl Answer {
    /// What happens to the command, as the rest of a sentence that begins with it. What it needs is told by the requests.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Refuse { status, .. } => format!("is refused with status {status}"),
            Self::Late { after_ms } => format!("is executed only after {}", time(*after_ms)),
            Self::CompletedLate { after_ms } => {
                format!(
                    "is executed at once, but completed only after {}",
                    time(*after_ms)
                )
            }
            Self::Never {} => "is neither executed nor completed".to_owned(),
            Self::LostEvent {} => "is completed, but the completion event is lost".to_owned(),
            Self::LostInterrupt {} => "is completed, but the interrupt for it is lost".to_owned(),
            Self::Accept {} => "is answered with success without being executed".to_owned(),
            Self::Needs { .. } => {
                "stays outstanding until the driver has served what firmware then does".to_owned()
            }
            Self::ClaimExtra { pages } => format!("claims {} more than it lists", count(*pages)),
            Self::UnknownPages { pages } => format!("lists {} that were never given", count(*pages)),
            Self::Returns { indices } => {
                let listed: Vec<String> = indices.iter().map(u32::to_string).collect();
                format!("lists the owned pages number {}", enumeration(&listed))
            }
            Self::PageCount { pages } => format!("answers with a count of {pages}"),
        }
    }

    /// The operation, and where it matters its modifier, that alone can be answered so; none if every command can.
    #[must_use]
    pub const fn only_for(&self) -> Option<(Opcode, Option<PagesOp>)> {
        match self {
            Self::ClaimExtra { .. } | Self::UnknownPages { .. } | Self::Returns { .. } => {
                Some((Opcode::ManagePages, Some(PagesOp::Take)))
            }
            Self::PageCount { .. } => Some((Opcode::QueryPages, None)),
            _ => None,
        }
    }
}

pub(super) fn time(milliseconds: u32) -> String {
    if milliseconds > 0 && milliseconds.is_multiple_of(1000) {
        format!("{} s", milliseconds / 1000)
    } else {
        format!("{milliseconds} ms")
    }
}

fn count(pages: u32) -> String {
    if pages == 1 {
        "1 page".to_owned()
    } else {
        format!("{pages} pages")
    }
}

fn enumeration(things: &[String]) -> String {
    match things {
        [] => "nothing".to_owned(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_read_as_the_rest_of_a_sentence() {
        let late = Answer::CompletedLate { after_ms: 5_000 };
        assert_eq!(late.words(), "is executed at once, but completed only after 5 s");
        let twice = Answer::Returns {
            indices: vec![0, 0, 1],
        };
        assert_eq!(twice.words(), "lists the owned pages number 0, 0 and 1");
        assert_eq!(
            Answer::ClaimExtra { pages: 1 }.words(),
            "claims 1 page more than it lists"
        );
        assert_eq!(
            Answer::UnknownPages { pages: 2 }.words(),
            "lists 2 pages that were never given"
        );
    }

    #[test]
    fn what_is_about_pages_is_no_answer_to_other_commands() {
        let extra = Answer::ClaimExtra { pages: 1 };
        assert_eq!(extra.only_for(), Some((Opcode::ManagePages, Some(PagesOp::Take))));
        assert_eq!(Answer::Never {}.only_for(), None);
    }
}
