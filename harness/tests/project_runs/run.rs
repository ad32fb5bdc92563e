//! A run of the project, and how it is compared with what is known of it.

use driver::RevisionName;
use harness::cli::naming::qualified_name;
use harness::play::{RunOptions, run_scenario};
use harness::record::result::{Outcome, RunResult};
use harness::report::canonical::canonical_text;
use harness::scenario::{ScenarioFile, read_scenario, scenario_files};
use insta::Settings;
use libtest_mimic::Failed;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// One run that is to be tested.
#[derive(Clone)]
pub struct ProjectRun {
    /// What is played.
    pub scenario: Arc<ScenarioFile>,
    /// By which driver.
    pub revision: RevisionName,
    /// Folder and name of the file.
    pub file_name: String,
    /// The run in this process.
    in_process: Arc<OnceLock<RunResult>>,
}

/// The root of the project.
pub fn root() -> PathBuf {
    let crate_root = Path::new(env!("CARGO_MANIFEST_DIR"));
    crate_root.parent().unwrap_or(crate_root).to_owned()
}

/// Every run of the project.
pub fn all() -> Vec<ProjectRun> {
    let files = scenario_files(&root().join("scenarios")).expect("the scenarios lie in the project");
    let mut runs = Vec::new();
    for file in files {
        let scenario = Arc::new(read_scenario(&file).expect("a valid scenario"));
        for revision in scenario.revisions() {
            runs.push(ProjectRun {
                scenario: Arc::clone(&scenario),
                revision,
                file_name: qualified_name(&file),
                in_process: Arc::default(),
            });
        }
    }
    runs
}

impl ProjectRun {
    /// Its name, for people.
    pub fn name(&self) -> String {
        format!("{}::{}", self.file_name, self.revision)
    }

    /// Where its file lies, from the root of the project.
    pub fn file(&self) -> String {
        format!("scenarios/{}.json", self.file_name)
    }

    /// Whether a result of it is as expected, that of this process, and that of the snapshot.
    pub fn is_as_known(&self, result: &RunResult) -> Result<(), Failed> {
        if result.outcome != Outcome::Pass {
            return Err(result.reason.clone().unwrap_or_default().into());
        }
        self.is_as_in_process(result)?;
        let mut settings = Settings::new();
        settings.set_snapshot_path(root().join("snapshots"));
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        let snapshot = format!("{}@{}", self.file_name.replace('/', "__"), self.revision);
        settings.bind(|| insta::assert_snapshot!(snapshot, canonical_text(result)));
        Ok(())
    }

    /// Says how a result differs from that of the run in this process: in nothing but where it was.
    pub fn is_as_in_process(&self, result: &RunResult) -> Result<(), String> {
        let wanted = self.in_process.get_or_init(|| {
            let options = RunOptions::default();
            run_scenario(&self.scenario, &self.file(), self.revision, &options)
        });
        let seen = RunResult {
            backend: wanted.backend.clone(),
            replay: wanted.replay.clone(),
            ..result.clone()
        };
        if seen == *wanted {
            return Ok(());
        }
        let (wanted, seen) = (format!("{wanted:#?}"), format!("{seen:#?}"));
        let lines = wanted.lines().zip(seen.lines()).enumerate();
        let mut differing = lines.filter(|(_, (wanted, seen))| wanted != seen);
        Err(differing.next().map_or_else(
            || "one has more than the other".to_owned(),
            |(number, (wanted, seen))| {
                format!("line {number}: `{wanted}` in one process, `{seen}` elsewhere")
            },
        ))
    }
}
