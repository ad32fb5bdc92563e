//! Texts that others wrote: their encodings, their size, and what in them a terminal would obey.

mod workbench;

use std::fs::File;
use workbench::{BOOT, Ran, Workbench, broken};

const LONGEST_TOLD: usize = 30_000;

/// `check` refuses these bytes with a heading that contains `heading`.
#[track_caller]
fn refused(test: &str, bytes: &[u8], heading: &str) -> Ran {
    let bench = Workbench::new(&format!("texts-{test}"));
    std::fs::write(bench.path("boot.json"), bytes).expect("a file can be written");
    let ran = bench.tool(&["check", "boot.json"]);
    assert_eq!(ran.code, 103, "{}", ran.stderr);
    assert!(
        ran.stderr.contains(heading),
        "no `{heading}` in\n{:.2000}",
        ran.stderr
    );
    assert!(ran.stderr.len() < LONGEST_TOLD, "{} bytes", ran.stderr.len());
    let widest = ran.stderr.lines().map(|line| line.chars().count()).max();
    assert!(widest < Some(700), "{widest:?} columns");
    ran
}

fn utf_16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes).collect()
}

#[test]
fn a_byte_order_mark_is_accepted() {
    let bench = Workbench::new("texts-mark");
    bench.write("boot.json", &format!("\u{feff}{BOOT}"));
    for verb in ["check", "run", "explain", "list"] {
        let ran = bench.tool(&[verb, "boot.json"]);
        assert_eq!(ran.code, 0, "{verb}: {}", ran.stderr);
    }
}

#[test]
fn other_encodings_are_named_with_their_place() {
    for (mark, named) in [("", "bare"), ("\u{feff}", "marked")] {
        let text = format!("{mark}{BOOT}");
        let little = "boot.json:1:1: the text is UTF-16 (little endian), not UTF-8";
        refused(
            &format!("utf-16-little-{named}"),
            &utf_16(&text, u16::to_le_bytes),
            little,
        );
        let big = "boot.json:1:1: the text is UTF-16 (big endian), not UTF-8";
        refused(
            &format!("utf-16-big-{named}"),
            &utf_16(&text, u16::to_be_bytes),
            big,
        );
    }
    let latin = BOOT.replace("Boot pages", "B\u{fc}cher");
    let latin: Vec<u8> = latin
        .chars()
        .map(|letter| u8::try_from(letter).unwrap())
        .collect();
    let named = "boot.json:4:16: byte 0xfc is not UTF-8; in Latin-1 it is `ü`";
    refused("latin", &latin, named);
    // Devices are read by the same reader.
    let bench = Workbench::new("texts-device");
    std::fs::write(bench.path("device.json"), &latin).unwrap();
    let ran = bench.tool(&["serve", "--device", "device.json", "--socket-dir", "s"]);
    assert_eq!(ran.code, 103);
    assert!(
        ran.stderr.contains("device.json:4:16: byte 0xfc"),
        "{}",
        ran.stderr
    );
}

#[test]
fn long_lines_and_many_problems_are_cut() {
    let spaces = format!("{}x", " ".repeat(65_536));
    refused("spaces", spaces.as_bytes(), "boot.json:1:65537: ");
    let long = BOOT
        .replace('\n', "")
        .replace("Boot pages", &"long ".repeat(14_000));
    let mistake = long.replace("\"unload\"", "\"unlaod\"");
    let ran = refused("line", mistake.as_bytes(), "unknown value \"unlaod\" for `host`");
    assert!(ran.stderr.contains("did you mean `unload`?"), "{}", ran.stderr);
    let word = broken("\"unload\"", &format!("\"{}\"", "w".repeat(500_000)));
    refused("word", word.as_bytes(), "boot.json:11:15: unknown value \"www");
    let field = broken("\"row\"", &format!("\"{}\"", "w\\u001b".repeat(50_000)));
    refused(
        "field",
        field.as_bytes(),
        "boot.json:3:3: unknown field `w\\u001bw",
    );
    let digits = broken("\"vhca_id\": 5", &format!("\"vhca_id\": {}", "5".repeat(400_000)));
    refused("digits", digits.as_bytes(), "boot.json:7:40: ");
    let fields: Vec<String> = (0..20_000).map(|number| format!("\"u{number}\": 1,")).collect();
    let many = broken("\"row\"", &format!("{} \"row\"", fields.concat()));
    let ran = refused("fields", many.as_bytes(), "boot.json: and 19980 more problems");
    assert!(
        ran.stderr.ends_with("20000 problems in 1 of 1 scenario\n"),
        "{}",
        ran.stderr
    );
    refused("deep", "[".repeat(900_000).as_bytes(), "boot.json:1:");
    refused(
        "deep-objects",
        "{\"a\":".repeat(150_000).as_bytes(),
        "boot.json:1:",
    );
}

#[test]
fn a_file_that_is_too_long_is_refused_at_once() {
    let bench = Workbench::new("texts-long");
    File::create(bench.path("long.json"))
        .unwrap()
        .set_len(1 << 40)
        .unwrap();
    // Of this size it could be neither read nor kept in memory.
    let file = "long.json";
    for (arguments, code) in [
        (vec!["check", file], 103),
        (vec!["run", file], 103),
        (vec!["list", file], 103),
        (vec!["explain", file], 103),
        (vec!["replay", file], 103),
        (vec!["diff", file, file], 2),
        (vec!["serve", "--socket-dir", "s", "--device", file], 103),
    ] {
        let ran = bench.tool(&arguments);
        assert_eq!(ran.code, code, "{arguments:?}: {}", ran.stderr);
        assert!(
            ran.stderr.contains("MiB are read"),
            "{arguments:?}: {}",
            ran.stderr
        );
    }
}

#[test]
fn what_a_terminal_would_obey_is_shown_as_an_escape() {
    let evil = "a\\u001b[31mb\\u0007\\u0000\\u009b\\u202e\\ufffe\\u007f";
    let text = BOOT
        .replace("Boot pages", evil)
        .replace("40 boot", evil)
        .replace("\"row\": \"2\"", &format!("\"row\": \"{evil}\""))
        .replace("{ \"host\": \"load\"", &format!("{{ \"name\": \"{evil}\", \"note\": \"{evil}\", \"host\": \"load\""))
        .replace("\"leaked_pages\": 0", &format!("\"leaked_pages\": 7, \"violations\": [{{ \"invariant\": \"lock_cycle\", \"function\": \"{evil}\", \"step\": \"{evil}\" }}]"));
    let bench = Workbench::new("texts-escapes");
    bench.write("boot.json", &text);
    let name = "\u{1b}[2J\u{9b}\u{202e}.json";
    bench.write(name, "{");
    let wrong = format!("{evil}\\u001b");
    bench.write("wrong.json", &broken("\"unload\"", &format!("\"{wrong}\"")));
    for arguments in [
        vec!["explain", "boot.json"],
        vec!["list", "boot.json"],
        vec!["check", "wrong.json"],
        vec!["check", name],
        vec!["run", "boot.json"],
        vec!["run", "-v", "boot.json"],
        vec!["run", "-vv", "boot.json"],
        vec!["run", "--format", "json", "boot.json"],
        vec!["run", "--format", "junit", "boot.json"],
        vec!["run", "--format", "ktap", "boot.json"],
        vec!["diff", "boot.json", name],
        vec!["replay", name],
        vec!["explain", name],
    ] {
        let ran = bench.tool(&arguments);
        let said = format!("{}{}", ran.stdout, ran.stderr);
        let raw = said.chars().find(|letter| {
            letter.is_control() && *letter != '\n' || matches!(letter, '\u{202e}' | '\u{fffe}')
        });
        assert_eq!(raw, None, "{arguments:?} shows it:\n{said:?}");
        // The log quotes in its own way, and `diff` does not quote at all.
        assert!(
            said.contains("\\u001b") || said.contains("\\x1b") || arguments[0] == "diff",
            "{arguments:?}:\n{said}"
        );
    }
}

#[test]
fn an_explanation_is_as_wide_as_the_terminal() {
    let bench = Workbench::new("texts-width");
    bench.write("boot.json", BOOT);
    let widest = |columns: Option<&str>| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_mlx5-cosim"));
        command.args(["explain", "boot.json"]).current_dir(bench.path(""));
        match columns {
            Some(columns) => command.env("COLUMNS", columns),
            None => command.env_remove("COLUMNS"),
        };
        let text = String::from_utf8(command.output().unwrap().stdout).unwrap();
        text.lines().map(|line| line.chars().count()).max().unwrap()
    };
    assert!((41..=60).contains(&widest(Some("60"))));
    assert!((61..=100).contains(&widest(None)));
    assert!((101..=140).contains(&widest(Some("140"))));
    assert!((61..=100).contains(&widest(Some("wide"))));
}
