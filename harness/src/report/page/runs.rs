//! The page of a `run`: every case that has finished.

use super::details::{Details, Table};
use super::matrix::Cell;
use super::sheet::{Sheet, Subject};
use crate::record::RunResult;
use crate::report::case::Finished;
use crate::report::stream::{Plan, Report};
use crate::report::summary::Summary;
use crate::scenario::ScenarioFile;
use crate::swarm::census::Census;
use std::io::{self, Write};

/// Writes the data of a run as soon as it has finished, and the table at the end.
#[derive(Debug, Default)]
pub struct PageReport {
    sheet: Sheet,
}

impl Report for PageReport {
    fn begin(&mut self, _: &Plan, out: &mut dyn Write) -> io::Result<()> {
        self.sheet.begin(out)
    }

    fn finished(&mut self, case: Finished<'_>, out: &mut dyn Write) -> io::Result<()> {
        add(&mut self.sheet, case, out)
    }

    fn end(&mut self, summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
        let subject = Subject {
            title: "run",
            about: Vec::new(),
            totals: summary.one_line(),
            tables: Vec::new(),
        };
        std::mem::take(&mut self.sheet).end(&subject, out)
    }
}

fn add(sheet: &mut Sheet, case: Finished<'_>, out: &mut dyn Write) -> io::Result<()> {
    let result = case.result;
    let number = sheet.case(&result.scenario, &result.file, case.scenario, out)?;
    let details = Details::of_run(case, &mut sheet.words);
    sheet.run(number, &Cell::of(case), &details, out)
}

/// Writes the page of a swarm: how often everything was seen, and the shrunk run of each thing that was new.
///
/// # Errors
/// Where it cannot be written.
pub fn found(census: &Census, runs: &[(ScenarioFile, RunResult)], out: &mut dyn Write) -> io::Result<()> {
    let mut sheet = Sheet::default();
    sheet.begin(out)?;
    for (scenario, result) in runs {
        let scenario = Some(scenario);
        add(&mut sheet, Finished { scenario, result }, out)?;
    }
    let rows = census.rows().map(|(revision, signature, count)| {
        let rows: Vec<&str> = count.rows.iter().map(String::as_str).collect();
        let rows = if rows.is_empty() {
            "new".to_owned()
        } else {
            rows.join(", ")
        };
        [
            signature.to_string(),
            revision.to_string(),
            count.seeds.to_string(),
            count.first.to_string(),
            rows,
        ]
    });
    let head = ["what", "revision", "seeds", "first", "rows that show the same"];
    let table = Table::new("What was seen", head, rows.collect(), &mut sheet.words);
    let subject = Subject {
        title: "explore --strategy swarm",
        about: Vec::new(),
        totals: format!("{} seeds, {} new", census.played, runs.len()),
        tables: vec![table],
    };
    sheet.end(&subject, out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::play::{RunOptions, run_scenario};
    use crate::record::timeline::Keep;
    use crate::scenario::read_scenario;
    use serde_json::Value;
    use std::path::Path;

    const FILE: &str = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../scenarios/attribution/none-then-populate.json"
    );

    fn page() -> String {
        let scenario = read_scenario(Path::new(FILE)).unwrap();
        let options = RunOptions {
            keep: Keep::Everything,
            ..RunOptions::default()
        };
        let (mut report, mut out) = (PageReport::default(), Vec::new());
        report.begin(&Plan::default(), &mut out).unwrap();
        let mut summary = Summary::default();
        for revision in scenario.revisions() {
            let result = run_scenario(
                &scenario,
                "attribution/none-then-populate.json",
                revision,
                &options,
            );
            let case = Finished {
                scenario: Some(&scenario),
                result: &result,
            };
            summary.add(case);
            report.finished(case, &mut out).unwrap();
        }
        report.end(&summary, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn data(page: &str, id: &str) -> Value {
        let begin = format!("<script type=\"application/json\" id=\"{id}\">");
        let rest = page.split_once(&begin).unwrap().1;
        serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
    }

    #[test]
    fn the_same_runs_have_the_same_page_byte_for_byte() {
        let text = page();
        assert!(text == page());
        assert!(text.is_ascii() && !text.contains('\t') && !text.contains("http://www.w3.org/1999"));
        // The story, three runs, the table, the script of the page.
        assert_eq!(text.matches("<script").count(), 6);
        assert_eq!(text.matches("</script>").count(), 6);
        for left in ["{data}", "{style}", "{policy}"] {
            assert!(!text.contains(left), "{left}");
        }
    }

    #[test]
    fn a_run_has_both_books_its_lanes_and_its_line() {
        let text = page();
        let index = data(&text, "index");
        let word = |place: &Value| {
            let place = usize::try_from(place.as_u64().unwrap()).unwrap();
            index["words"][place].as_str().unwrap().to_owned()
        };
        let matrix = &index["matrix"];
        assert_eq!(matrix["columns"].as_array().unwrap().len(), 3);
        assert_eq!(word(&matrix["cases"]["folder"][0]), "attribution");
        assert!(word(&matrix["runs"]["replay"][0]).contains("none-then-populate"));
        let run = data(&text, "run-0");
        let books = run["books"].as_array().unwrap();
        let vfs = books
            .iter()
            .find(|curve| word(&curve["counter"]) == "fw_pages_vfs")
            .unwrap();
        assert_eq!((&vfs["driver"][1], &vfs["firmware"][1]), (&0.into(), &512.into()));
        assert_eq!(run["parting"]["step"], 2);
        let lanes = &run["lanes"];
        assert_eq!(lanes["kind"][0], "steps");
        let columns = ["lane", "depth", "began", "lasted", "name", "about"];
        let lengths = columns.map(|column| lanes["bars"][column].as_array().unwrap().len());
        assert!(
            lengths[0] > 20 && lengths.iter().all(|length| *length == lengths[0]),
            "{lengths:?}"
        );
        assert!(!lanes["arrows"].as_array().unwrap().is_empty());
        let story = data(&text, "case-0");
        assert_eq!(
            story["steps"].as_array().unwrap().len(),
            run["steps"]["number"].as_array().unwrap().len()
        );
    }
}
