//! Accounts of searches: parts of one search are joined, and may be held against the whole.

use crate::cli::exit::Exit;
use crate::cli::streams;
use crate::explore::account::Account;
use crate::explore::joining::{join, missing};
use crate::report::exploration;
use crate::report::palette::Palette;
use driver::RevisionName;
use std::collections::BTreeMap;

/// What of a search belongs together.
type Key = (String, String, RevisionName);

/// Joins parts, and compares them with the `whole` where there is one.
pub(super) fn merge(accounts: Vec<Account>, whole: Option<&[Account]>) -> Exit {
    let mut parts: BTreeMap<Key, Vec<Account>> = BTreeMap::new();
    for account in accounts {
        parts.entry(key(&account)).or_default().push(account);
    }
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
        if let Some(whole) = whole {
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
