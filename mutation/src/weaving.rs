//! The mutants of a file, written into its functions.
//!
//! The body of a function becomes a choice: an arm for each mutant, and one for the body as it is. A mutant's arm is the whole body
//! with its change.

use crate::functions::Function;
use crate::listing::{Mutant, Place};
use std::fmt::Write as _;
use std::ops::Range;

/// The number that stands for a mutant in the environment, and in the choice.
pub type Number = usize;

/// A module that is added to a crate with mutants.
pub const SWITCH: &str = r#"
#[doc(hidden)]
#[allow(missing_docs)]
pub mod mutant_switch {
    static ACTIVE: std::sync::OnceLock<usize> = std::sync::OnceLock::new();
    pub fn active() -> usize {
        *ACTIVE.get_or_init(|| std::env::var("MUTANT").ok().and_then(|number| number.parse().ok()).unwrap_or(0))
    }
}
"#;

/// A file with its mutants.
#[derive(Clone, Debug, Default)]
pub struct Woven {
    /// Its text.
    pub text: String,
    /// Which lines, counted from 1, are whose.
    pub arms: Vec<(Range<usize>, Number)>,
    /// Mutants of functions that were constant and are no more, by the function's name.
    pub was_constant: Vec<(String, Number)>,
    /// Mutants that cannot be switched.
    pub alone: Vec<Number>,
}

/// Weaves mutants into a file's text.
#[must_use]
pub fn weave(text: &str, functions: &[Function], mutants: &[(Number, &Mutant)]) -> Woven {
    let starts = line_starts(text);
    let mut woven = Woven::default();
    let mut of_functions: Vec<Vec<(Number, Range<usize>, &str)>> = vec![Vec::new(); functions.len()];
    for (number, mutant) in mutants {
        let span = offset(text, &starts, mutant.span.start)..offset(text, &starts, mutant.span.end);
        let holds = |function: &Function| {
            function.body.start <= span.start && span.end <= function.body.end && !function.is_opaque
        };
        match functions.iter().position(holds) {
            Some(place) => of_functions[place].push((*number, span, &mutant.replacement)),
            None => woven.alone.push(*number),
        }
    }
    let mut written = 0;
    for (function, mutants) in functions.iter().zip(of_functions) {
        if mutants.is_empty() {
            continue;
        }
        if let Some(word) = &function.constant {
            woven.text.push_str(&text[written..word.start]);
            written = word.end;
            let numbers = mutants
                .iter()
                .map(|(number, ..)| (function.name.clone(), *number));
            woven.was_constant.extend(numbers);
        }
        woven.text.push_str(&text[written..function.body.start]);
        written = function.body.end;
        woven.text.push_str(" match crate::mutant_switch::active() {\n");
        for (number, span, replacement) in mutants {
            let before = &text[function.body.start..span.start];
            let after = &text[span.end..function.body.end];
            let first = line_of_end(&woven.text);
            // Writing into a text cannot fail.
            let _ = writeln!(woven.text, "{number} => {{{before}{replacement}{after}}}");
            woven.arms.push((first..line_of_end(&woven.text), number));
        }
        let _ = writeln!(woven.text, "_ => {{{}}}\n}}", &text[function.body.clone()]);
    }
    woven.text.push_str(&text[written..]);
    woven
}

/// The line, counted from 1, that the next letter is in.
fn line_of_end(text: &str) -> usize {
    text.matches('\n').count() + 1
}

fn line_starts(text: &str) -> Vec<usize> {
    let ends = text.match_indices('\n').map(|(at, _)| at + 1);
    std::iter::once(0).chain(ends).collect()
}

/// The byte at a place. One behind the last line is the end.
fn offset(text: &str, starts: &[usize], place: Place) -> usize {
    let Some(&start) = starts.get(place.line.saturating_sub(1)) else {
        return text.len();
    };
    let letters = text[start..].char_indices();
    let mut letters = letters.skip(place.column.saturating_sub(1));
    letters.next().map_or(text.len(), |(at, _)| start + at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions;
    use crate::listing::Span;

    fn mutant(span: [usize; 4], replacement: &str) -> Mutant {
        let [line, column, end_line, end_column] = span;
        Mutant {
            name: String::new(),
            file: String::new(),
            package: String::new(),
            function: None,
            span: Span {
                start: Place { line, column },
                end: Place {
                    line: end_line,
                    column: end_column,
                },
            },
            replacement: replacement.to_owned(),
        }
    }

    #[test]
    fn every_mutant_has_an_arm_with_its_change_and_the_body_stays_as_the_last() {
        let text =
            "/* é */ const fn f(a: u8) -> bool {\n    a == 1\n}\nfn g() -> impl Fn() {\n    || ()\n}\n";
        let mutants = [
            (7, &mutant([2, 7, 2, 9], "!=")),
            (8, &mutant([2, 5, 2, 11], "true")),
            (9, &mutant([5, 5, 5, 10], "|| {}")),
        ];
        let woven = weave(text, &functions::of(text).unwrap(), &mutants);
        let expected = "/* é */  fn f(a: u8) -> bool { match crate::mutant_switch::active() {\n\
                        7 => {\n    a != 1\n}\n8 => {\n    true\n}\n_ => {\n    a == 1\n}\n}\n}\n\
                        fn g() -> impl Fn() {\n    || ()\n}\n";
        assert_eq!(woven.text, expected);
        assert_eq!(woven.arms, [(2..5, 7), (5..8, 8)]);
        assert_eq!(woven.alone, [9]);
        assert_eq!(woven.was_constant, [("f".to_owned(), 7), ("f".to_owned(), 8)]);
    }
}
