//! Which move comes next.

use crate::swarm::draft::Drawing;

/// Moves within the interface.
#[derive(Clone, Copy)]
enum Move {
    Ask,
    AskBack,
    Slow,
    Operate,
    OperateHeld,
    Crowd,
    Pause,
    Announce,
    OtherFunction,
    Trouble,
}

impl Drawing<'_> {
    /// One move.
    pub(super) fn play(&mut self) {
        if !self.book.is_loaded() {
            return self.operate_watched();
        }
        let announces = usize::from(self.frame.announces_vfs);
        let wide = usize::from(self.frame.is_wide());
        let moves = [
            (4, Move::Ask),
            (2, Move::AskBack),
            (2, Move::Slow),
            (4, Move::Operate),
            (3, Move::OperateHeld),
            (4, Move::Crowd),
            (1, Move::Pause),
            (2 * announces, Move::Announce),
            (4 * wide, Move::OtherFunction),
            (2 * wide, Move::Trouble),
        ];
        match self.dice.weighed(&moves).unwrap_or(Move::Ask) {
            Move::Ask => self.ask(),
            Move::AskBack => self.ask_back(),
            Move::Slow => self.slow(),
            Move::Operate => self.operate_watched(),
            Move::OperateHeld => self.operate_held(),
            Move::Crowd => self.crowd(),
            Move::Pause => {
                let time = self.dice.latency();
                self.pass(time);
            }
            Move::Announce => self.announce(),
            Move::OtherFunction => self.other_function(),
            Move::Trouble => self.meet_trouble(),
        }
    }
}
