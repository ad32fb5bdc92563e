//! `merge`: joins what parts of a search have found into one verdict.

use crate::cli::exit::Exit;
use crate::cli::streams;
use crate::explore::account::Account;
use crate::explore::joining::{join, missing};
use crate::report::exploration;
use crate::report::palette::Palette;
use crate::text::reading::{LONGEST_RECORD, read_text};
use clap::Args;
use driver::RevisionName;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What `merge` is told.
#[derive(Clone, Debug, Args)]
pub(super) struct MergeArguments {
    /// What `explore --partition hash:M/N --states FILE` wrote, one for each part.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// What the same search wrote without `--partition`: the parts together have to come to the same states and ends.
    #[arg(long, value_name = "FILE")]
    against: Option<PathBuf>,
}

/// What of a search belongs together.
type Key = (String, String, RevisionName);

pub(super) fn merge(arguments: &MergeArguments) -> Exit {
    let mut parts: BTreeMap<Key, Vec<Account>> = BTreeMap::new();
    for file in &arguments.files {
        let accounts = match read(file) {
            Ok(accounts) => accounts,
            Err(exit) => return exit,
        };
        for account in accounts {
            parts.entry(key(&account)).or_default().push(account);
        }
    }
    let whole = match arguments.against.as_deref().map(read).transpose() {
        Ok(whole) => whole,
        Err(exit) => return exit,
    };
    let mut worst = Exit::AsExpected;
    for (key, parts) in parts {
        let missing = missing(&parts);
        let joined = join(&parts, missing.is_empty());
        streams::out(exploration::account(&joined, Palette::for_stdout()));
        if !missing.is_empty() {
            streams::error(format_args!(
                "{}, {}: parts are missing: {}",
                key.0,
                key.2,
                missing.join(", ")
            ));
            worst = worst.max(Exit::Budget);
        }
        worst = worst.max(Exit::of_search(&joined));
        if let Some(whole) = &whole {
            worst = worst.max(compare(
                &joined,
                whole.iter().find(|account| self::key(account) == key),
            ));
        }
        streams::out("\n");
    }
    worst
}

fn key(account: &Account) -> Key {
    (account.race.clone(), account.bounds.clone(), account.revision)
}

fn read(file: &Path) -> Result<Vec<Account>, Exit> {
    let text = read_text(file, LONGEST_RECORD).map_err(|error| {
        streams::error(format_args!("{}: {error}", file.display()));
        Exit::Usage
    })?;
    let mut accounts = Vec::new();
    for (index, line) in text.lines().enumerate() {
        match serde_json::from_str(line) {
            Ok(account) => accounts.push(account),
            Err(error) => {
                streams::error(format_args!(
                    "{}:{}:{}: no account of a search: {error}",
                    file.display(),
                    index + 1,
                    error.column()
                ));
                return Err(Exit::Usage);
            }
        }
    }
    Ok(accounts)
}

/// Whether the parts together are the whole.
fn compare(joined: &Account, whole: Option<&Account>) -> Exit {
    let Some(whole) = whole else {
        streams::error(format_args!(
            "{}, {}: the whole search did not have these bounds",
            joined.race, joined.revision
        ));
        return Exit::Usage;
    };
    let books = |account: &Account| -> Vec<crate::explore::End> {
        account.ends.iter().map(|end| end.books.clone()).collect()
    };
    let same_states = joined.states_hash == whole.states_hash;
    let same_ends = books(joined) == books(whole);
    if same_states && same_ends {
        streams::out(format!(
            "the parts together are the whole: {} states, {} ends\n",
            joined.states,
            joined.ends.len()
        ));
        return Exit::AsExpected;
    }
    streams::out(format!(
        "the parts together are not the whole: {} states of {}, {} ends of {}\n",
        joined.states,
        whole.states,
        joined.ends.len(),
        whole.ends.len()
    ));
    Exit::Differs
}
