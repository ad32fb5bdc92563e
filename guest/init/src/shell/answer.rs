//! Answers as text for a console.

use guest_protocol::Answer;

/// Lines, each with its end.
pub fn text(answer: &Answer) -> String {
    let lines: Vec<String> = match answer {
        Answer::Done => Vec::new(),
        Answer::Files(files) => files
            .iter()
            .map(|file| file.clone().unwrap_or_else(|| "no such file".to_owned()))
            .collect(),
        Answer::Names(names) => names.clone(),
        Answer::Bytes(bytes) => bytes.chunks(16).map(dump).collect(),
        Answer::CountersByDevice(devices) => devices
            .iter()
            .flat_map(|(device, counters)| {
                let counters = counters.iter().map(|(name, value)| format!("  {name} {value}"));
                std::iter::once(device.clone()).chain(counters)
            })
            .collect(),
        Answer::Counters(None) => vec!["no counters".to_owned()],
        Answer::Counters(Some(counters)) => counters
            .iter()
            .map(|(name, value)| format!("  {name} {value}"))
            .collect(),
        Answer::Look(look) => look
            .tasks
            .iter()
            .map(|task| task.name.clone())
            .chain(look.trace.clone())
            .collect(),
        Answer::Port(index) => vec![format!("port {index}")],
        Answer::PciDevices(devices) => devices.iter().map(ToString::to_string).collect(),
        Answer::Lines(lines) => lines.iter().map(ToString::to_string).collect(),
    };
    lines.into_iter().map(|line| line + "\n").collect()
}

fn dump(bytes: &[u8]) -> String {
    bytes
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn answers_are_lines() {
        assert_eq!(text(&Answer::Done), "");
        assert_eq!(
            text(&Answer::Files(vec![Some("2".to_owned()), None])),
            "2\nno such file\n"
        );
        assert_eq!(
            text(&Answer::Bytes((0..18).collect())),
            "00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f\n10 11\n"
        );
        let counters = BTreeMap::from([("fw_pages_total".to_owned(), 240)]);
        let device = "0000:01:00.0".to_owned();
        assert_eq!(
            text(&Answer::CountersByDevice([(device, counters.clone())].into())),
            "0000:01:00.0\n  fw_pages_total 240\n"
        );
        assert_eq!(text(&Answer::Counters(Some(counters))), "  fw_pages_total 240\n");
        assert_eq!(text(&Answer::Counters(None)), "no counters\n");
    }
}
