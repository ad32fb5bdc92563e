//! One question for each change, and its answer: a letter and Enter.

use super::change::{Change, Changed};
use crate::cli::streams;
use crate::report::palette::{Palette, Tone};
use std::io::{self, BufRead, IsTerminal};

/// What is done with a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// The snapshot becomes what was seen.
    Accept,
    /// The snapshot stays, and what a test has put beside it goes.
    Reject,
    /// It stays as it is, and is asked about the next time.
    Skip,
    /// Nothing more is asked.
    Quit,
}

/// Asks people, or a script.
pub(super) struct Dialogue<R> {
    answers: R,
    /// Where nobody sees a question, none is written.
    asks: bool,
    palette: Palette,
    /// What all others are answered.
    all: Option<Answer>,
}

impl Dialogue<io::StdinLock<'static>> {
    /// Answers come from standard input.
    pub(super) fn on_stdin() -> Self {
        Self {
            answers: io::stdin().lock(),
            asks: io::stdin().is_terminal(),
            palette: Palette::for_stdout(),
            all: None,
        }
    }
}

impl<R: BufRead> Dialogue<R> {
    /// Shows a change and asks until there is an answer; the end of the answers is [`Answer::Quit`].
    ///
    /// # Errors
    /// Where the answers cannot be read.
    pub(super) fn ask(&mut self, head: &str, change: &Change) -> io::Result<Answer> {
        streams::out(self.shown(head, change));
        if let Some(answer) = self.all {
            return Ok(answer);
        }
        loop {
            if self.asks {
                streams::err(
                    "accept, reject, skip [a/r/s], the same for all that follow [A/R/S], quit [q]? ",
                );
            }
            let mut line = String::new();
            if self.answers.read_line(&mut line)? == 0 {
                return Ok(Answer::Quit);
            }
            let (answer, is_for_all) = match line.trim() {
                "a" | "accept" => (Answer::Accept, false),
                "A" => (Answer::Accept, true),
                "r" | "reject" => (Answer::Reject, false),
                "R" => (Answer::Reject, true),
                "s" | "skip" => (Answer::Skip, false),
                "S" => (Answer::Skip, true),
                "q" | "quit" => (Answer::Quit, false),
                other => {
                    streams::note(format_args!("`{other}` is no answer: a, r, s, A, R, S or q"));
                    continue;
                }
            };
            self.all = is_for_all.then_some(answer);
            return Ok(answer);
        }
    }

    fn shown(&self, head: &str, change: &Change) -> String {
        let mut shown = format!("\n{}\n", self.palette.paint(Tone::Heading, head));
        match &change.what {
            Changed::Stale => shown.push_str("belongs to no run; accepted, it is removed\n"),
            Changed::New { text } => {
                shown.push_str("there is none yet; it would be\n");
                shown.push_str(text.trim_end());
                shown.push('\n');
            }
            Changed::Different { difference, .. } => {
                shown.push_str(difference);
            }
        }
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(said: &str, changes: usize) -> Vec<Answer> {
        let mut dialogue = Dialogue {
            answers: said.as_bytes(),
            asks: false,
            palette: Palette { colour: false },
            all: None,
        };
        let change = Change {
            name: "a@merged".to_owned(),
            what: Changed::Stale,
        };
        let ask = |_| dialogue.ask("1 of 1", &change).expect("readable");
        (0..changes).map(ask).collect()
    }

    #[test]
    fn each_change_has_its_answer_and_words_that_are_none_are_passed_over() {
        use Answer::{Accept, Quit, Reject, Skip};
        assert_eq!(answers("a\nr\ns\nq\n", 4), [Accept, Reject, Skip, Quit]);
        assert_eq!(answers("yes\n\naccept\nreject\n", 2), [Accept, Reject]);
        assert_eq!(answers("a\nR\n", 4), [Accept, Reject, Reject, Reject]);
        assert_eq!(answers("a", 3), [Accept, Quit, Quit]);
    }
}
