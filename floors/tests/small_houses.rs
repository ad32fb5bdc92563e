//! Small houses, each with one thing that is wrong or only looks so.

use floors::error::FloorsError;
use floors::judgement::{self, Complaint};
use floors::{picture, plan, reading};
use std::path::Path;

/// A crate `house` with two floors: `upper` above `lower` and `lib.rs`.
const FLOORS: &str = r#"
[[crate]]
name = "house"
sources = "src"
says = "a small house"
floors = [
    { name = "upper", says = "decides", rooms = ["upper.rs"] },
    { name = "lower", says = "knows", rooms = ["lib.rs", "lower.rs"] },
]
"#;

fn complaints(floors: &str, files: &[(&str, &str)]) -> Vec<Complaint> {
    let root = tempfile::tempdir().expect("a folder");
    write(root.path(), "floors.toml", floors);
    for (path, text) in files {
        write(root.path(), path, text);
    }
    let house = plan::read(root.path()).expect("floors");
    judgement::judge(&house, &reading::read(root.path(), &house).expect("sources"))
}

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    std::fs::write(path, text).expect("a file");
}

/// What is wrong with a house whose upper floor offers `decide` and `Plan`, and whose lower floor is this.
fn with_lower(lower: &str) -> Vec<Complaint> {
    let upper = "pub struct Plan; pub fn decide() {} pub const LIMIT: u8 = 1;";
    complaints(
        FLOORS,
        &[
            ("src/lib.rs", "mod lower; mod upper; pub use upper::decide;"),
            ("src/upper.rs", upper),
            ("src/lower.rs", lower),
        ],
    )
    .into_iter()
    .filter(
        |complaint| !matches!(complaint, Complaint::Upward { from, .. } if from.starts_with("src/lib.rs")),
    )
    .collect()
}

fn goes_up(complaints: &[Complaint], line: usize, what: &str) -> bool {
    matches!(complaints, [Complaint::Upward { from, names, to, .. }]
        if *from == format!("src/lower.rs:{line}") && names.contains(what) && to == "src/upper.rs")
}

#[test]
fn an_import_from_above_is_an_arrow_upward() {
    assert!(goes_up(
        &with_lower("\nuse crate::upper::Plan;\npub fn f(_: Plan) {}"),
        2,
        "`Plan`"
    ));
}

#[test]
fn a_path_in_the_code_is_an_arrow_as_an_import_is() {
    assert!(goes_up(
        &with_lower("pub fn f() {\n    super::upper::decide();\n}"),
        2,
        "`decide`"
    ));
    assert!(goes_up(
        &with_lower("use crate::upper;\npub fn f() -> u8 {\n    upper::LIMIT\n}"),
        3,
        "`LIMIT`"
    ));
}

#[test]
fn a_re_export_leads_to_the_file_that_defines() {
    assert!(goes_up(
        &with_lower("pub fn f() {\n\n    crate::decide();\n}"),
        3,
        "`decide`"
    ));
}

#[test]
fn a_path_inside_a_macro_is_read() {
    assert!(goes_up(
        &with_lower("pub fn f() {\n    assert_eq!(1, crate::upper::LIMIT);\n}"),
        2,
        "`LIMIT`"
    ));
}

#[test]
fn everything_brought_in_with_a_star_is_looked_up() {
    assert!(goes_up(
        &with_lower("use crate::upper::*;\npub fn f(_: Plan) {}"),
        2,
        "`Plan`"
    ));
}

#[test]
fn a_method_written_away_from_its_type_is_an_arrow_to_where_it_is_written() {
    let found = complaints(
        FLOORS,
        &[
            ("src/lib.rs", "mod lower; mod upper;"),
            (
                "src/upper.rs",
                "impl crate::lower::Thing { pub fn decide(&self) {} }",
            ),
            (
                "src/lower.rs",
                "pub struct Thing;\npub fn f(thing: &Thing) {\n    thing.decide();\n}",
            ),
        ],
    );
    assert!(
        found
            .iter()
            .any(|complaint| goes_up(std::slice::from_ref(complaint), 3, "`decide`")),
        "{found:?}"
    );
}

#[test]
fn what_is_only_for_tests_may_look_anywhere() {
    assert_eq!(
        with_lower("#[cfg(test)]\nmod tests {\n    use crate::upper::Plan;\n    fn f(_: Plan) {}\n}"),
        []
    );
    assert_eq!(with_lower("#[cfg(test)]\nuse crate::upper::Plan;"), []);
}

#[test]
fn an_arrow_down_is_none_to_complain_of() {
    let found = complaints(
        FLOORS,
        &[
            ("src/lib.rs", "mod lower; mod upper;"),
            ("src/upper.rs", "use crate::lower::Thing; pub fn f(_: Thing) {}"),
            ("src/lower.rs", "pub struct Thing;"),
        ],
    );
    assert_eq!(found, []);
}

#[test]
fn a_circle_on_one_floor_is_named_with_what_ties_it() {
    let found = complaints(
        &FLOORS.replace("\"lower.rs\"", "\"lower.rs\", \"lower/\""),
        &[
            ("src/lib.rs", "mod lower; mod upper;"),
            ("src/upper.rs", ""),
            (
                "src/lower.rs",
                "mod part; pub struct Whole; pub fn f() { part::g(Whole) }",
            ),
            ("src/lower/part.rs", "use super::Whole;\npub fn g(_: Whole) {}"),
        ],
    );
    let [Complaint::Circle { ties, files: 2 }] = &found[..] else {
        panic!("{found:?}");
    };
    assert_eq!(
        *ties,
        [
            "src/lower.rs:1 -> src/lower/part.rs: `g`",
            "src/lower/part.rs:1 -> src/lower.rs: `Whole`"
        ]
    );
}

#[test]
fn every_file_has_a_floor_and_every_room_a_file() {
    let found = complaints(
        FLOORS,
        &[
            ("src/lib.rs", "mod lower; mod attic;"),
            ("src/lower.rs", ""),
            ("src/attic.rs", ""),
        ],
    );
    assert!(found.contains(&Complaint::Nowhere {
        file: "src/attic.rs".to_owned()
    }));
    assert!(found.contains(&Complaint::Empty {
        of: "house".to_owned(),
        room: "upper.rs".to_owned()
    }));
}

#[test]
fn the_longest_room_that_fits_decides() {
    let floors = r#"
[[crate]]
name = "house"
sources = "src"
says = "a small house"
floors = [
    { name = "upper", says = "decides", rooms = ["lower/attic.rs"] },
    { name = "lower", says = "knows", rooms = ["lib.rs", "lower/"] },
]
"#;
    let found = complaints(
        floors,
        &[
            ("src/lib.rs", "mod lower { mod attic; mod cellar; }"),
            ("src/lower/attic.rs", "pub struct Plan;"),
            ("src/lower/cellar.rs", "use super::attic::Plan;"),
        ],
    );
    assert!(matches!(&found[..], [Complaint::Upward { to, .. }] if to == "src/lower/attic.rs"));
}

#[test]
fn a_crate_uses_only_those_below() {
    let floors = r#"
[[crate]]
name = "roof"
sources = "roof/src"
says = "above"
floors = [{ name = "all", says = "all", rooms = ["lib.rs"] }]
[[crate]]
name = "ground"
sources = "ground/src"
says = "below"
floors = [{ name = "all", says = "all", rooms = ["lib.rs"] }]
"#;
    let found = complaints(
        floors,
        &[
            ("roof/src/lib.rs", "use ground::f;"),
            ("ground/src/lib.rs", "pub fn f() {\n    roof::g();\n}"),
        ],
    );
    assert_eq!(
        found,
        [Complaint::CrateUpward {
            from: "ground/src/lib.rs:2".to_owned(),
            to: "roof".to_owned()
        }]
    );
}

#[test]
fn the_picture_hangs_in_its_frame_and_nothing_else_of_the_document_changes() {
    let text = format!("before\n{}\nold\n{}\nafter\n", picture::BEGIN, picture::END);
    let hung = picture::hang(Path::new("x"), &text, "new\n").expect("a frame");
    assert_eq!(
        hung,
        format!("before\n{}\n\nnew\n\n{}\nafter\n", picture::BEGIN, picture::END)
    );
    let frameless = picture::hang(Path::new("x"), "no frame", "new");
    assert!(matches!(frameless, Err(FloorsError::NoFrame { .. })));
}

#[test]
fn a_module_without_its_file_is_named() {
    let root = tempfile::tempdir().expect("a folder");
    write(root.path(), "floors.toml", FLOORS);
    write(root.path(), "src/lib.rs", "mod lower;");
    let house = plan::read(root.path()).expect("floors");
    let error = reading::read(root.path(), &house).expect_err("`lower` has no file");
    assert!(
        matches!(&error, FloorsError::NoModule { module, .. } if module == "lower"),
        "{error}"
    );
}
