//! `setup`: brings the guest kit onto this machine.

use crate::cli::exit::Exit;
use crate::cli::kit_arguments::KitArguments;
use crate::cli::streams;
use crate::report::palette::colour_on_stderr;
use clap::Args;
use guest::kit::{KitError, KitOptions, SetupReport, Unit, setup};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use miette::{GraphicalReportHandler, GraphicalTheme, MietteDiagnostic};
use std::io::{IsTerminal, stderr};

/// What `setup` is told.
#[derive(Clone, Debug, Args)]
pub(super) struct SetupArguments {
    #[command(flatten)]
    kit: KitArguments,
    /// Fetch what builds modules, too: compiler, headers, the driver's source; and build the module by which `run` makes chosen
    /// allocations of the driver fail. `review` does it when it needs it.
    #[arg(long)]
    workshop: bool,
}

pub(super) fn set_up(arguments: &SetupArguments) -> Exit {
    let options = KitOptions {
        workshop: arguments.workshop,
        ..arguments.kit.options()
    };
    match setup(&options, &mut Report::default()) {
        Ok(_) => Exit::AsExpected,
        Err(error) => {
            print(&error);
            Exit::Backend
        }
    }
}

/// Prints on stderr what is wrong with the kit and what would help.
pub(super) fn print(error: &KitError) {
    let mut problem = MietteDiagnostic::new(error.to_string());
    if let Some(help) = error.help() {
        problem = problem.with_help(help);
    }
    let theme = if colour_on_stderr() {
        GraphicalTheme::unicode()
    } else {
        GraphicalTheme::unicode_nocolor()
    };
    let handler = GraphicalReportHandler::new_themed(theme).with_width(streams::err_width());
    let mut text = String::new();
    match handler.render_report(&mut text, &problem) {
        Ok(()) => streams::error(format_args!("{}", text.trim_start().trim_start_matches("× "))),
        Err(_) => streams::error(error),
    }
}

/// Tells on stderr what a setup does: with a bar on a terminal, in lines elsewhere.
#[derive(Debug, Default)]
pub(super) struct Report {
    stretch: Option<Stretch>,
}

/// A stretch of work of known length.
#[derive(Debug)]
struct Stretch {
    bar: ProgressBar,
    doing: String,
    /// Quarters that have a line already, where there is no bar.
    quarters: u64,
}

impl Report {
    fn say(&self, line: &str) {
        match &self.stretch {
            Some(stretch) => stretch.bar.suspend(|| streams::note(line)),
            None => streams::note(line),
        }
    }
}

impl SetupReport for Report {
    fn note(&mut self, text: &str) {
        self.say(text);
    }

    fn warning(&mut self, text: &str) {
        self.say(&format!("warning: {text}"));
    }

    fn begin(&mut self, doing: &str, total: u64, unit: Unit) {
        let target = if stderr().is_terminal() {
            ProgressDrawTarget::stderr()
        } else {
            streams::note(doing);
            ProgressDrawTarget::hidden()
        };
        let form = match unit {
            Unit::Bytes => {
                "{msg} {bar:32} {decimal_bytes}/{decimal_total_bytes} {decimal_bytes_per_sec} {eta}"
            }
            Unit::Files => "{msg} {bar:32} {pos}/{len} files {eta}",
        };
        // A bar draws itself on the first change, so it is dressed before.
        let mut bar = ProgressBar::with_draw_target(Some(total), target).with_message(doing.to_owned());
        if let Ok(style) = ProgressStyle::with_template(form) {
            bar = bar.with_style(style);
        }
        self.stretch = Some(Stretch {
            bar,
            doing: doing.to_owned(),
            quarters: 0,
        });
    }

    fn advance(&mut self, done: u64) {
        let Some(stretch) = &mut self.stretch else {
            return;
        };
        stretch.bar.set_position(done);
        let quarters = done * 4 / stretch.bar.length().unwrap_or(0).max(1);
        if !stderr().is_terminal() && quarters > stretch.quarters {
            stretch.quarters = quarters;
            streams::note(format_args!("{} {} %", stretch.doing, quarters * 25));
        }
    }

    fn end(&mut self) {
        if let Some(stretch) = self.stretch.take() {
            stretch.bar.finish_and_clear();
        }
    }
}
