//! Every scenario under every revision, as a test of its own: over sockets it is what it is in one process.

use crate::servers::Servers;
use driver::RevisionName;
use harness::cli::naming::qualified_name;
use harness::play::{RunOptions, run_scenario};
use harness::record::result::{Outcome, RunResult};
use harness::report::canonical::canonical_text;
use harness::scenario::{ScenarioFile, read_scenario, scenario_files};
use insta::Settings;
use libtest_mimic::{Failed, Trial};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// One run that is to be tested.
#[derive(Clone)]
pub(crate) struct Case {
    scenario: Arc<ScenarioFile>,
    revision: RevisionName,
    name: String,
    /// The run in this process.
    in_process: Arc<OnceLock<RunResult>>,
}

/// The root of the project.
fn root() -> PathBuf {
    let crate_root = Path::new(env!("CARGO_MANIFEST_DIR"));
    crate_root.parent().unwrap_or(crate_root).to_owned()
}

/// Every run of the project.
pub(crate) fn cases() -> Vec<Case> {
    let files = scenario_files(&root().join("scenarios")).expect("the scenarios lie in the project");
    let mut cases = Vec::new();
    for file in files {
        let scenario = Arc::new(read_scenario(&file).expect("a valid scenario"));
        for revision in scenario.revisions() {
            cases.push(Case {
                scenario: Arc::clone(&scenario),
                revision,
                name: qualified_name(&file),
                in_process: Arc::default(),
            });
        }
    }
    cases
}

/// The tests of this file.
pub(crate) fn trials(cases: &[Case], servers: &Arc<Servers>) -> Vec<Trial> {
    let exist = !cases.is_empty();
    let mut trials = vec![Trial::test("scenarios::exist", move || {
        exist.then_some(()).ok_or_else(|| "there is none".into())
    })];
    trials.extend(cases.iter().map(|case| {
        let (case, servers) = (case.clone(), Arc::clone(servers));
        let name = format!("{}::{}", case.name, case.revision);
        Trial::test(name, move || case.is_as_in_one_process(&servers))
    }));
    trials.extend((1..=2).map(|seed| {
        let (cases, servers) = (cases.to_vec(), Arc::clone(servers));
        Trial::test(format!("orders::drawn_from_{seed}"), move || {
            in_an_order(cases, seed, &servers)
        })
    }));
    trials
}

/// All runs one after another on one server, in an order that is drawn: none finds anything of those before it.
fn in_an_order(mut cases: Vec<Case>, seed: u64, servers: &Servers) -> Result<(), Failed> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    for left in (1..cases.len()).rev() {
        let choice = usize::try_from(random.next_u64() % (left as u64 + 1))?;
        cases.swap(left, choice);
    }
    servers.with(|backend| {
        for case in &cases {
            let result = case.run(backend)?;
            case.compare(&result)
                .map_err(|difference| format!("{}::{}: {difference}", case.name, case.revision))?;
        }
        Ok(())
    })
}

impl Case {
    fn file(&self) -> String {
        format!("scenarios/{}.json", self.name)
    }

    fn run(&self, backend: &mut harness::stage::socket::SocketBackend) -> Result<RunResult, Failed> {
        let silence = harness::stage::news::Silence;
        let options = RunOptions::default();
        Ok(backend.run(&self.scenario, &self.file(), self.revision, &options, &silence)?)
    }

    fn is_as_in_one_process(&self, servers: &Servers) -> Result<(), Failed> {
        let result = servers.with(|backend| self.run(backend))?;
        if result.outcome != Outcome::Pass {
            return Err(result.reason.unwrap_or_default().into());
        }
        self.compare(&result)?;
        let mut settings = Settings::new();
        settings.set_snapshot_path(root().join("snapshots"));
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        let snapshot = format!("{}@{}", self.name.replace('/', "__"), self.revision);
        settings.bind(|| insta::assert_snapshot!(snapshot, canonical_text(&result)));
        Ok(())
    }

    /// Says how a result differs from that of the run in this process: in nothing but where it was.
    fn compare(&self, result: &RunResult) -> Result<(), String> {
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
                format!("line {number}: `{wanted}` in one process, `{seen}` over sockets")
            },
        ))
    }
}
