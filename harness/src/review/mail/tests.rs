//! Whatever is told, a line of a mail has at most 72 columns.

use super::*;
use crate::review::comparing::{Row, StepChange};
use crate::review::mark::{Mark, MarkKind};
use proptest::prelude::*;
use std::process::Command;

fn case_of(name: &str, words: &str, replay: Vec<String>) -> Case {
    Case {
        name: name.to_owned(),
        file: name.to_owned(),
        compared: Ok(Comparison {
            verdict: Verdict::Broken,
            went: Vec::new(),
            came: vec![Mark {
                kind: MarkKind::Drift,
                subject: "x".to_owned(),
                step: Some(5),
                weight: 1,
                words: words.to_owned(),
            }],
            steps: vec![StepChange {
                step: 5,
                what: words.to_owned(),
                rows: vec![Row {
                    name: "fw_pages_vfs".to_owned(),
                    before: Some(0),
                    after: Some(-512),
                }],
            }],
            new_warnings: vec![words.to_owned()],
            gone_warnings: Vec::new(),
            undone: Vec::new(),
            is_cut: false,
        }),
        skipped: None,
        as_the_file_says: (true, false),
        replay,
    }
}

fn mail_of(cases: &[Case], words: &str) -> String {
    let mut totals = Totals::default();
    cases.iter().for_each(|case| totals.add(case));
    let about = About {
        patches: vec![words.to_owned()],
        before: words.to_owned(),
        after: words.to_owned(),
        kit: words.to_owned(),
        notes: vec![words.to_owned()],
    };
    text(&about, &totals, cases)
}

fn fits(text: &str) -> bool {
    text.lines().all(|line| line.len() <= WIDTH && line.is_ascii())
}

#[test]
fn each_claim_has_the_line_that_repeats_it() {
    let replay = [
        "mlx5-cosim",
        "review",
        "--only",
        "lifecycle/vf-alone",
        "a patch.mbx",
    ];
    let case = case_of(
        "lifecycle/vf-alone",
        "VF ends at -512 of 0",
        replay.map(str::to_owned).to_vec(),
    );
    let mail = mail_of(&[case], "net/mlx5: pagealloc: count what is given");
    assert!(fits(&mail), "{mail}");
    assert!(
        mail.contains("1 case: 0 mended, 1 broken, 0 changed, 0 same."),
        "{mail}"
    );
    assert!(mail.contains("new   step 5: VF ends at -512 of 0"), "{mail}");
    assert!(
        mail.contains("  $ mlx5-cosim review --only lifecycle/vf-alone a\\ patch.mbx"),
        "{mail}"
    );
}

/// What a shell makes of the lines of a command.
fn words_of_shell(lines: &[String]) -> Vec<String> {
    let script = lines.join("\n").replacen("  $ ", "printf '%s\\n' ", 1);
    let output = Command::new("sh").arg("-c").arg(script).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(str::to_owned).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_line_is_longer(
        name in "[a-z/-]{1,200}",
        words in ".{0,300}",
        replay in prop::collection::vec("\\PC{0,160}", 1..6),
    ) {
        let mail = mail_of(&[case_of(&name, &words, replay)], &words);
        prop_assert!(fits(&mail), "{}", mail);
    }

    #[test]
    fn a_shell_reads_the_command_as_it_was(replay in prop::collection::vec("[ -~]{1,160}", 1..5)) {
        let lines = command(&replay);
        prop_assert!(lines.iter().all(|line| line.len() <= WIDTH));
        prop_assert_eq!(words_of_shell(&lines), replay);
    }
}
