//! Data as HTML takes it: JSON within an element `script`, whose only end is the one that is meant.

use serde::Serialize;
use std::fmt::Write as _;
use std::io::{self, Write};

/// Writes data into an element of its own.
///
/// # Errors
/// Where it cannot be written.
pub(super) fn element(out: &mut dyn Write, id: &str, data: &impl Serialize) -> io::Result<()> {
    let text = serde_json::to_string(data)?;
    writeln!(
        out,
        "<script type=\"application/json\" id=\"{id}\">{}</script>",
        quoted(&text)
    )
}

/// A JSON text that says the same in ASCII and without what HTML looks for. All of it stands in strings, where JSON has
/// escapes for every letter.
pub(super) fn quoted(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for letter in json.chars() {
        if letter.is_ascii() && !letter.is_ascii_control() && !matches!(letter, '<' | '>' | '&') {
            text.push(letter);
        } else {
            for unit in letter.encode_utf16(&mut [0; 2]) {
                let _ = write!(text, "\\u{unit:04x}");
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn nothing_in_data_ends_its_element_or_is_lost() {
        let text = "</script><!-- & \u{2028}\u{2029}\u{202e} \u{0} \u{7f} \" \\ \u{1f980} é\n";
        let data = json!({ text: [text] });
        let mut out = Vec::new();
        element(&mut out, "run-1", &data).unwrap();
        let out = String::from_utf8(out).unwrap();
        let inner = out
            .strip_prefix("<script type=\"application/json\" id=\"run-1\">")
            .and_then(|rest| rest.strip_suffix("</script>\n"))
            .unwrap();
        assert!(!inner.contains(['<', '>', '&']) && inner.is_ascii(), "{inner}");
        assert!(!inner.chars().any(|letter| letter.is_ascii_control()), "{inner}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(inner).unwrap(), data);
    }
}
