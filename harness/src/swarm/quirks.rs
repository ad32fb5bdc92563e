//! What firmware does beyond the interface: numbers that cannot be, answers that are wrong.

use crate::swarm::draft::Drawing;
use emulator::order::{Answer, AnswerRule, CommandMatch, FirmwareOrder, PageRequest};
use prm::{Function, PagesOp, WireIdentity};

/// Quirks.
#[derive(Clone, Copy)]
enum Quirk {
    /// A request for more pages than there can be.
    Huge,
    /// More is asked back than was given.
    TooMuchBack,
    /// An answer to a take that does not say what it does.
    WrongTake,
    /// A page command is refused.
    Refusal,
    /// Pages for nobody.
    Stranger,
    /// All pages of a function are let go.
    ReleaseAll,
}

impl Drawing<'_> {
    /// One quirk.
    pub(super) fn quirk(&mut self) {
        let quirks = [
            (3, Quirk::Huge),
            (2, Quirk::TooMuchBack),
            (4, Quirk::WrongTake),
            (2, Quirk::Refusal),
            (1, Quirk::Stranger),
            (1, Quirk::ReleaseAll),
        ];
        match self.dice.weighed(&quirks).unwrap_or(Quirk::Huge) {
            Quirk::Huge => {
                let pages = self.huge();
                self.ask_for(pages);
            }
            Quirk::TooMuchBack => {
                let pages = self.dice.between(241, 60_000).cast_signed();
                self.ask_for(-pages);
            }
            Quirk::WrongTake => self.wrong_take(),
            Quirk::Refusal => self.refusal(),
            Quirk::Stranger => {
                let id = u16::try_from(self.dice.between(0x80, 0x1ff)).unwrap_or(u16::MAX);
                let pages = self.dice.between(1, 100).cast_signed();
                self.request(PageRequest {
                    function: None,
                    identity: Some(WireIdentity { id, ec: false }),
                    pages,
                    release_all: false,
                });
            }
            Quirk::ReleaseAll => {
                let function = self.anybody();
                self.request(PageRequest {
                    function,
                    identity: None,
                    pages: 0,
                    release_all: true,
                });
            }
        }
    }

    /// A count around a power of two that 32 bits of bytes, at 8 for each page, cannot hold. What a host could try to give in
    /// earnest is left out: it would only run out of memory.
    fn huge(&mut self) -> i32 {
        let power = 1_i32 << self.dice.between(28, 30);
        let factor = self.dice.between(1, 3).cast_signed();
        let aside = self.dice.between(0, 2).cast_signed() - 1;
        power.saturating_mul(factor).saturating_add(aside)
    }

    fn anybody(&mut self) -> Option<Function> {
        self.dice.pick(&self.book.functions(false))
    }

    fn ask_for(&mut self, pages: i32) {
        let function = self.anybody();
        self.request(PageRequest {
            function,
            identity: None,
            pages,
            release_all: false,
        });
    }

    /// Firmware has pages, is asked for some of them, and answers wrongly.
    fn wrong_take(&mut self) {
        let pages = self.dice.between(1, 200);
        let with = match self.dice.below(4) {
            0 | 1 => Answer::ClaimExtra {
                pages: self.dice.between(1, 3),
            },
            2 => Answer::UnknownPages {
                pages: self.dice.between(1, pages),
            },
            _ => Answer::Returns {
                indices: (0..self.dice.below(4)).map(|_| 0).collect(),
            },
        };
        self.ask_for(pages.cast_signed());
        self.answer(PagesOp::Take, with);
        let back = self.dice.between(1, pages).cast_signed();
        self.ask_for(-back);
    }

    fn refusal(&mut self) {
        let status = u8::try_from(self.dice.between(1, 16)).unwrap_or(1);
        let op = if self.dice.chance(50) {
            PagesOp::Give
        } else {
            PagesOp::Take
        };
        self.answer(op, Answer::Refuse { status, syndrome: 0 });
    }

    fn answer(&mut self, op: PagesOp, with: Answer) {
        let to = CommandMatch {
            command: "MANAGE_PAGES".to_owned(),
            op_mod: Some(op.raw()),
            ..CommandMatch::default()
        };
        self.order(FirmwareOrder::Answer(AnswerRule { to, with, times: 1 }));
    }
}
