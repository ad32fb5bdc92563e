//! Servers that tests play on.

use crate::project_runs::pool::Player;
use crate::project_runs::run::ProjectRun;
use harness::play::RunOptions;
use harness::record::result::RunResult;
use harness::stage::news::Silence;
use harness::stage::socket::server::Time;
use harness::stage::socket::{SocketBackend, Source};
use libtest_mimic::Failed;

impl Player for SocketBackend {
    fn play(&mut self, run: &ProjectRun) -> Result<RunResult, Failed> {
        let options = RunOptions::default();
        Ok(self.run(&run.scenario, &run.file(), run.revision, &options, &Silence)?)
    }
}

/// Servers of our own, as the command line starts them.
pub(crate) fn backend(time: Time) -> SocketBackend {
    SocketBackend::new(Source::Own(env!("CARGO_BIN_EXE_mlx5-cosim").into()), time, false)
}
