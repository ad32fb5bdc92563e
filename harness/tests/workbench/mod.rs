//! What the tests of the command line share: a scenario to break, a folder to work in, the tool itself.

#![allow(dead_code, reason = "each test takes what it needs")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Mutex, PoisonError};

/// A small scenario: its name is `boot`.
pub const BOOT: &str = r#"{
  "name": "boot",
  "row": "2",
  "concern": "Boot pages move to the function's own vhca_id.",
  "why": "40 boot and 200 init pages are the function's own; all of them come back at unload.",
  "reachability": "compliant_firmware",
  "device": { "kind": "pf", "vhca_id": 5, "page_mode": "vhca_id" },
  "steps": [
    { "host": "load",
      "expect": { "all": { "returns": 0, "counters": { "fw_pages_total": 240, "self": 240 }, "ledger": { "pf": 240 } } } },
    { "host": "unload", "expect": { "all": { "returns": 0, "ledger": { "pf": 0 } } } }
  ],
  "expect": {
    "merged": { "counters": { "fw_pages_total": 0 }, "leaked_pages": 0 },
    "robust": { "counters": { "fw_pages_total": 0 }, "leaked_pages": 0 }
  }
}
"#;

/// Which folders tests of this program have asked for.
static TAKEN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// A folder of its own for one test.
pub struct Workbench {
    folder: PathBuf,
}

/// What the tool left behind.
pub struct Ran {
    /// Its exit code.
    pub code: i32,
    /// For machines.
    pub stdout: String,
    /// For people.
    pub stderr: String,
}

impl Workbench {
    /// An empty folder, named after the test.
    #[track_caller]
    pub fn new(test: &str) -> Self {
        let is_first = TAKEN
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(test.to_owned());
        assert!(
            is_first,
            "another test works in `{test}`, and one would remove the other's files"
        );
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
        if folder.exists() {
            fs::remove_dir_all(&folder).expect("an old folder can be removed");
        }
        fs::create_dir_all(&folder).expect("a folder can be made");
        Self { folder }
    }

    /// Writes a file into it.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let file = self.path(name);
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder).expect("a folder can be made");
        }
        fs::write(&file, text).expect("a file can be written");
        file
    }

    /// Checks this text as `boot.json` in it, which has to be refused: the exit code, the place, the problem and the hint.
    #[track_caller]
    pub fn refuses(&self, text: &str, place: &str, message: &str, hint: &str) -> Ran {
        self.write("boot.json", text);
        let ran = self.tool(&["check", "boot.json"]);
        assert_eq!((ran.code, ran.stdout.as_str()), (103, ""), "{}", ran.stderr);
        let heading = format!("boot.json:{place}: {message}");
        assert!(ran.stderr.contains(&heading), "no `{heading}` in\n{}", ran.stderr);
        let joined = ran.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(joined.contains(hint), "no `{hint}` in\n{}", ran.stderr);
        ran
    }

    /// The path of something in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Runs the tool in it.
    pub fn tool(&self, arguments: &[&str]) -> Ran {
        let output = self.command().args(arguments).output();
        output.expect("the tool can be started").into()
    }

    /// The tool in it, to be started with more than words.
    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mlx5-cosim"));
        command.current_dir(&self.folder);
        command
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("the tool writes UTF-8");
        Self {
            code: output.status.code().expect("the tool ends by itself"),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }
}

/// Has the tool ended with this code?
#[track_caller]
pub fn ends(ran: &Ran, code: i32) {
    assert_eq!(ran.code, code, "{}{}", ran.stdout, ran.stderr);
}

/// [`BOOT`] with one part replaced, which has to be there.
pub fn broken(part: &str, by: &str) -> String {
    assert!(BOOT.contains(part), "{part}");
    BOOT.replacen(part, by, 1)
}
