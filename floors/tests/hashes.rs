//! Whether every field of what a world is made of changes its hash. A state that a hash does not tell from another one is searched
//! once instead of twice, and what follows from the second is never seen.
//!
//! A field counts where `Hash` is derived, since that takes all of them. A hash that is written by hand takes its value apart without
//! `..`, so that a new field has to be named in it; what it names as `_` has to stand here, with a reason.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use syn::visit::Visit;
use syn::{FieldPat, Fields, ImplItem, Item, Member, Pat, Type};

/// Where states are: drivers, tasks, silicon.
const STATES: [&str; 6] = [
    "driver/src/state.rs",
    "driver/src/state",
    "driver/src/books",
    "driver/src/runtime/work_queue.rs",
    "driver/src/runtime/executor/core.rs",
    "emulator/src/state",
];

/// Fields that no hash takes: type, field, why.
const LEFT_OUT: [(&str, &str, &str); 22] = [
    ("State", "messages", "a record"),
    ("State", "outcomes", "a record"),
    (
        "PagesState",
        "reporting",
        "what was printed: it decides about nothing but messages",
    ),
    ("PagesState", "waits", "a record"),
    ("Pool", "token", "a name"),
    ("Pool", "next_ticket", "a name"),
    ("Prepared", "token", "a name"),
    ("Record", "declaration", "follows from the purpose"),
    ("Record", "factory", "follows from the purpose"),
    ("Record", "history", "stands in `seen`"),
    ("Record", "looks", "a name"),
    ("RequestBoard", "numbers", "a name"),
    ("Ledger", "suppliers", "follows from the rows"),
    ("Ledger", "generations", "a name"),
    ("Silicon", "commands_seen", "a name"),
    ("Silicon", "page_memory", "nothing: a note of use only"),
    (
        "Silicon",
        "pages_in_use",
        "every page is used where worlds are compared; only a server may choose otherwise",
    ),
    ("Silicon", "records", "a record"),
    ("Silicon", "watch", "looks at the silicon, and is none of it"),
    ("Operation", "", "a row of a table: there is one for each opcode"),
    ("Journal", "", "a record"),
    ("Watch", "", "looks at the silicon, and is none of it"),
];

/// Types in those files that are no state: type, why.
const NO_STATE: [(&str, &str); 25] = [
    (
        "Agenda",
        "hashed by the silicon, which knows what its tasks are about",
    ),
    ("Allowed", "part of the watch"),
    ("ChainFault", "an error"),
    ("Chunk", "hashed by the table, page by page"),
    ("ConfigError", "an error"),
    (
        "Core",
        "the executor: its tasks are hashed, record by record, and the rest follows from what they wait for",
    ),
    ("Desk", "borrowed parts of a book"),
    ("Frames", "follows from the rows of the ledger"),
    ("FreeList", "hashed by the book, by owner and age"),
    ("May", "part of the watch"),
    ("OwnersPages", "part of the free list"),
    ("PageTable", "hashed by the book, which knows how large pages are"),
    (
        "PagesInUse",
        "the same in all worlds that are compared, see the silicon",
    ),
    ("Place", "part of the frames"),
    (
        "Quarantine",
        "hashed by the book, which knows how large pages are",
    ),
    (
        "Polled",
        "hashed as the sleep of its task; what it looks at follows from what it has seen",
    ),
    ("Region", "hashed by the table, page by page"),
    ("Root", "hashed by the book, which knows how large pages are"),
    ("Supplies", "follows from the rows of the ledger"),
    ("Surprise", "an error"),
    ("Taken", "a result on its way"),
    ("Task", "its record is hashed; the future follows from that"),
    ("TaskState", "hashed by the record, without times"),
    (
        "TrackedPage",
        "hashed together with its number, and taken apart there",
    ),
    ("Waiting", "hashed by the record, without times"),
];

#[derive(Default)]
struct Seen {
    /// Fields of each type that has any, by file and name.
    types: BTreeMap<(PathBuf, String), (BTreeSet<String>, bool)>,
    /// Hashes by hand: which fields they take, and which they leave out.
    by_hand: BTreeMap<(PathBuf, String), Taken>,
}

#[derive(Default)]
struct Taken {
    named: BTreeSet<String>,
    left_out: BTreeSet<String>,
    takes_apart: bool,
}

impl<'ast> Visit<'ast> for Taken {
    fn visit_pat_struct(&mut self, pattern: &'ast syn::PatStruct) {
        if !pattern.path.is_ident("Self") {
            return;
        }
        self.takes_apart = pattern.rest.is_none();
        for FieldPat { member, pat, .. } in &pattern.fields {
            let Member::Named(name) = member else { continue };
            self.named.insert(name.to_string());
            if matches!(**pat, Pat::Wild(_)) {
                self.left_out.insert(name.to_string());
            }
        }
    }
}

fn sources(under: &Path, into: &mut Vec<PathBuf>) {
    if under.is_file() {
        into.push(under.to_owned());
        return;
    }
    for entry in std::fs::read_dir(under).unwrap() {
        sources(&entry.unwrap().path(), into);
    }
}

fn is_test(attributes: &[syn::Attribute]) -> bool {
    attributes
        .iter()
        .any(|attribute| attribute.path().is_ident("cfg") && quoted(attribute).contains("test"))
}

fn quoted(attribute: &syn::Attribute) -> String {
    match &attribute.meta {
        syn::Meta::List(list) => list.tokens.to_string(),
        _ => String::new(),
    }
}

fn derives_hash(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("derive") && quoted(attribute).split(',').any(|name| name.trim() == "Hash")
    })
}

impl Seen {
    fn read(&mut self, file: &Path) {
        let text = std::fs::read_to_string(file).unwrap();
        for item in syn::parse_file(&text).unwrap().items {
            match item {
                Item::Struct(item) if !is_test(&item.attrs) => {
                    let fields = match &item.fields {
                        Fields::Named(fields) => &fields.named,
                        Fields::Unnamed(fields) => &fields.unnamed,
                        Fields::Unit => continue,
                    };
                    let names = fields
                        .iter()
                        .filter_map(|field| field.ident.as_ref().map(ToString::to_string));
                    let known = (names.collect(), derives_hash(&item.attrs));
                    self.types
                        .insert((file.to_owned(), item.ident.to_string()), known);
                }
                Item::Enum(item) if !is_test(&item.attrs) => {
                    let known = (BTreeSet::new(), derives_hash(&item.attrs));
                    self.types
                        .insert((file.to_owned(), item.ident.to_string()), known);
                }
                Item::Impl(item) => {
                    let is_hash = item
                        .trait_
                        .as_ref()
                        .is_some_and(|(_, path, _)| path.segments.last().unwrap().ident == "Hash");
                    let Type::Path(of) = &*item.self_ty else { continue };
                    if !is_hash {
                        continue;
                    }
                    let mut taken = Taken::default();
                    for part in &item.items {
                        if let ImplItem::Fn(function) = part {
                            taken.visit_block(&function.block);
                        }
                    }
                    let name = of.path.segments.last().unwrap().ident.to_string();
                    self.by_hand.insert((file.to_owned(), name), taken);
                }
                _ => {}
            }
        }
    }
}

#[test]
fn every_field_of_a_world_is_hashed_or_left_out_for_a_reason() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut files = Vec::new();
    STATES
        .iter()
        .for_each(|place| sources(&root.join(place), &mut files));
    let mut seen = Seen::default();
    files
        .iter()
        .filter(|file| !file.ends_with("tests.rs"))
        .for_each(|file| seen.read(file));
    assert!(seen.types.len() > 100, "{} types", seen.types.len());
    let mut wrong = Vec::new();
    let mut left_out = BTreeSet::new();
    for (place, (fields, derived)) in &seen.types {
        let (file, name) = place;
        let file = file.strip_prefix(&root).unwrap_or(file).display();
        let Some(taken) = seen.by_hand.get(place) else {
            if !derived && !NO_STATE.iter().any(|(known, _)| known == name) {
                wrong.push(format!("{file}: {name} has no hash"));
            }
            continue;
        };
        if LEFT_OUT
            .iter()
            .any(|(of, field, _)| of == name && field.is_empty())
        {
            left_out.insert((name.as_str(), ""));
            continue;
        }
        if !fields.is_empty() && (!taken.takes_apart || taken.named != *fields) {
            wrong.push(format!(
                "{file}: the hash of {name} does not take it apart, field by field"
            ));
        }
        for field in &taken.left_out {
            if LEFT_OUT.iter().any(|(of, known, _)| of == name && known == field) {
                left_out.insert((name.as_str(), field.as_str()));
            } else {
                wrong.push(format!(
                    "{file}: the hash of {name} leaves {field} out, without a reason"
                ));
            }
        }
    }
    for (name, _) in NO_STATE {
        let mut of_this_name = seen.types.iter().filter(|((_, known), _)| known == name);
        if of_this_name.all(|(_, (_, derived))| *derived) {
            wrong.push(format!("{name} is hashed like any other type, or is not there"));
        }
    }
    for (of, field, _) in LEFT_OUT {
        if !left_out.contains(&(of, field)) {
            wrong.push(format!("{of}.{field} is not left out any more"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
