//! Reading a device: from a file of its own, or from a scenario.

use crate::scenario::document::{Content, Member, Node};
use crate::scenario::problem::{Collected, Problems};
use crate::scenario::reading::{ReadError, judge_tree, read_text, tree};
use emulator::DeviceConfig;
use std::path::Path;

/// A scenario with nothing wrong in it, whose device is replaced by the one to judge. So a device is judged by what
/// judges scenarios.
const FRAME: &str = r#"{
    "name": "device", "row": "-", "concern": "-", "why": "-", "reachability": "compliant_firmware",
    "device": null, "steps": [{ "host": "load" }], "expect": { "merged": { "counters": { "fw_pages_total": 240 } } }
}"#;

/// Reads and judges a device. In a scenario, only the device is looked at.
///
/// # Errors
/// [`ReadError`] with everything that is wrong.
pub fn read_device(file: &Path) -> Result<DeviceConfig, ReadError> {
    let (name, text) = read_text(file)?;
    Ok(parse_device(&name, text)?)
}

/// Reads and judges the text of a file.
///
/// # Errors
/// [`Problems`] with everything that is wrong, in the order of the text.
pub fn parse_device(file: &str, text: String) -> Result<DeviceConfig, Problems> {
    judge(&text).map_err(|found| Problems::in_order(file, text, found))
}

fn judge(text: &str) -> Result<DeviceConfig, Collected> {
    let root = tree(text)?;
    if root.get("device").is_none() && root.get("steps").is_some() {
        // A scenario that lacks its device, which the reader of scenarios says best.
        return judge_tree(&root, None).map(|scenario| scenario.device);
    }
    let mut frame = tree(FRAME)?;
    let device = root.get("device").map_or(&root, |member| &member.value);
    if let Content::Object(members) = &mut frame.content {
        let span = device.span.clone();
        for member in members {
            if member.name == "device" {
                *member = Member {
                    name: "device".to_owned(),
                    name_span: span.clone(),
                    value: Node::clone(device),
                };
            }
        }
    }
    judge_tree(&frame, None).map(|scenario| scenario.device)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(text: &str, place: (usize, usize), message: &str) {
        let problems = parse_device("d.json", text.to_owned()).unwrap_err();
        let [problem] = problems.problems.as_slice() else {
            panic!("{problems}")
        };
        assert_eq!(problem.message, message);
        assert_eq!(problems.position(problem.span.start), place, "{problems}");
    }

    #[test]
    fn the_frame_is_sound_around_every_kind_of_device() {
        for kind in ["pf", "ecpf", "vf"] {
            let text = format!("{{ \"kind\": \"{kind}\", \"vhca_id\": 5, \"page_mode\": \"func_id\" }}");
            let device = parse_device("d.json", text).unwrap();
            assert_eq!(device.vhca_id, 5);
        }
    }

    #[test]
    fn a_device_and_the_device_of_a_scenario_are_judged_alike() {
        let device = "{ \"kind\": \"pf\",\n \"vhca_id\": 70000, \"page_mode\": \"func_id\" }";
        let message = "70000 is out of range for `vhca_id`";
        refused(device, (2, 13), message);
        refused(
            &format!("{{ \"name\": 7,\n\n\"device\": {device}, \"steps\": 0 }}"),
            (4, 13),
            message,
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        refused(
            "{ \"kind\": \"pf\", \"vhca_id\": 5 }",
            (1, 1),
            "`device` lacks the field `page_mode`",
        );
        refused("7", (1, 1), "`device` is a whole number, not an object");
        refused("{", (1, 1), "Unterminated object");
        let vfs = r#"{ "kind": "ecpf", "vhca_id": 5, "page_mode": "func_id", "vfs": { "total": 1, "first_vhca_id": 9 } }"#;
        refused(vfs, (1, 57), "`vfs` belong to a `pf`");
    }
}
