//! This house: what `cargo floors` says of it.

use floors::{judgement, picture, plan, reading};
use std::path::Path;

#[test]
fn every_arrow_of_the_project_points_down_and_the_picture_in_the_docs_is_the_present_one() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let house = plan::read(&root).expect("floors.toml is readable");
    let readings = reading::read(&root, &house).expect("the sources are readable");
    let complaints: Vec<String> = judgement::judge(&house, &readings)
        .iter()
        .map(ToString::to_string)
        .collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));

    let document = picture::document(&root);
    let present = std::fs::read_to_string(&document).expect("the document is readable");
    let hung = picture::hang(&document, &present, &picture::draw(&house, &readings))
        .expect("the document has a frame");
    assert!(hung == present, "the picture is an old one: cargo floors draw");
}
