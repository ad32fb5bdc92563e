//! From a file to a text: no longer than a limit, which is checked before anything is read, and in UTF-8.

use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::path::Path;

/// Bytes that are read at most of what the tool itself has written: recorded runs, results, snapshots.
pub const LONGEST_RECORD: u64 = 64 << 20;

/// Why a file yields no text.
#[derive(Debug, thiserror::Error)]
pub enum TextError {
    /// It cannot be read.
    #[error(transparent)]
    Unreadable(#[from] io::Error),
    /// It is longer than the limit.
    #[error("{}", too_large(.size, .limit))]
    TooLarge {
        /// Its size in bytes, where that can be known without reading it.
        size: Option<u64>,
        /// The limit in bytes.
        limit: u64,
    },
    /// It is not UTF-8.
    #[error("{}:{}: {}", .0.line_and_column().0, .0.line_and_column().1, .0.message)]
    Encoding(ForeignText),
}

/// A text in another encoding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignText {
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: String,
    /// The text as far as it can be understood.
    pub text: String,
    /// Where it is wrong, in bytes of `text`.
    pub span: Range<usize>,
}

impl ForeignText {
    /// Line and column (both from 1, columns in characters) where it is wrong.
    #[must_use]
    pub fn line_and_column(&self) -> (usize, usize) {
        line_and_column(&self.text, self.span.start)
    }
}

fn too_large(size: &Option<u64>, limit: &u64) -> String {
    let limit = mebibytes(*limit);
    match size {
        Some(size) => format!("the file has {size} bytes; at most {limit} MiB are read"),
        None => format!("the file has more than the {limit} MiB that are read at most"),
    }
}

const fn mebibytes(bytes: u64) -> u64 {
    bytes >> 20
}

/// Line and column (both from 1, columns in characters) of a byte of `text`.
#[must_use]
pub fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (
        before.matches('\n').count() + 1,
        before[line_start..].chars().count() + 1,
    )
}

/// Reads a file of at most `limit` bytes (whole MiB).
///
/// # Errors
/// [`TextError`]; a file that is known to be too long is not read at all.
pub fn read_text(file: &Path, limit: u64) -> Result<String, TextError> {
    let mut opened = File::open(file)?;
    let about = opened.metadata()?;
    if about.is_dir() {
        return Err(io::Error::from(io::ErrorKind::IsADirectory).into());
    }
    if about.is_file() && about.len() > limit {
        let size = Some(about.len());
        return Err(TextError::TooLarge { size, limit });
    }
    let mut bytes = Vec::new();
    // A pipe or a device tells no length, and a file can grow.
    opened.by_ref().take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(TextError::TooLarge { size: None, limit });
    }
    decoded(bytes).map_err(TextError::Encoding)
}

/// The text that `bytes` are in UTF-8, without a byte order mark.
///
/// # Errors
/// [`ForeignText`] where they are another encoding.
pub fn decoded(mut bytes: Vec<u8>) -> Result<String, ForeignText> {
    if let Some(wide) = wide_encoding(&bytes) {
        return Err(wide.refuse(&bytes));
    }
    if bytes.starts_with(b"\xef\xbb\xbf") {
        // Editors put it there; it says nothing about UTF-8, and JSON's readers may pass over it (RFC 8259, 8.1).
        bytes.drain(..3);
    }
    String::from_utf8(bytes).map_err(|error| narrow(error.as_bytes(), error.utf8_error()))
}

/// Encodings with more than a byte for every character.
#[derive(Clone, Copy)]
enum Wide {
    Utf16Little,
    Utf16Big,
    Utf32Little,
    Utf32Big,
}

/// Told by the byte order mark, or by where the zeros are around two characters of ASCII, which JSON begins with.
fn wide_encoding(bytes: &[u8]) -> Option<Wide> {
    let is_ascii = |byte: u8| (1..0x80).contains(&byte);
    Some(match bytes {
        [0xff, 0xfe, 0, 0, ..] => Wide::Utf32Little,
        [0, 0, 0xfe, 0xff, ..] => Wide::Utf32Big,
        [0xff, 0xfe, ..] => Wide::Utf16Little,
        [0xfe, 0xff, ..] => Wide::Utf16Big,
        [first, 0, 0, 0, ..] if is_ascii(*first) => Wide::Utf32Little,
        [0, 0, 0, first, ..] if is_ascii(*first) => Wide::Utf32Big,
        [first, 0, second, 0, ..] if is_ascii(*first) && is_ascii(*second) => Wide::Utf16Little,
        [0, first, 0, second, ..] if is_ascii(*first) && is_ascii(*second) => Wide::Utf16Big,
        [first, 0] if is_ascii(*first) => Wide::Utf16Little,
        [0, first] if is_ascii(*first) => Wide::Utf16Big,
        _ => return None,
    })
}

impl Wide {
    fn refuse(self, bytes: &[u8]) -> ForeignText {
        let (name, iconv) = match self {
            Self::Utf16Little => ("UTF-16 (little endian)", "utf-16le"),
            Self::Utf16Big => ("UTF-16 (big endian)", "utf-16be"),
            Self::Utf32Little => ("UTF-32 (little endian)", "utf-32le"),
            Self::Utf32Big => ("UTF-32 (big endian)", "utf-32be"),
        };
        let text = self.understood(bytes);
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned();
        let width = text.chars().next().map_or(0, char::len_utf8);
        ForeignText {
            message: format!("the text is {name}, not UTF-8"),
            hint: format!("save it as UTF-8, as `iconv -f {iconv} -t utf-8` does"),
            text,
            span: 0..width,
        }
    }

    fn understood(self, bytes: &[u8]) -> String {
        let pairs = |number: fn([u8; 2]) -> u16| {
            let units = bytes.as_chunks::<2>().0.iter().map(|unit| number(*unit));
            char::decode_utf16(units)
                .map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER))
                .collect()
        };
        let quads = |number: fn([u8; 4]) -> u32| {
            let units = bytes.as_chunks::<4>().0.iter().map(|unit| number(*unit));
            units
                .map(|unit| char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER))
                .collect()
        };
        match self {
            Self::Utf16Little => pairs(u16::from_le_bytes),
            Self::Utf16Big => pairs(u16::from_be_bytes),
            Self::Utf32Little => quads(u32::from_le_bytes),
            Self::Utf32Big => quads(u32::from_be_bytes),
        }
    }
}

/// What is wrong with bytes that are no UTF-8, a byte for every character at least.
fn narrow(bytes: &[u8], error: std::str::Utf8Error) -> ForeignText {
    let start = error.valid_up_to();
    let byte = bytes.get(start).copied().unwrap_or_default();
    let save = "save the text as UTF-8";
    let (message, hint) = match error.error_len() {
        None => (
            "the file ends in the middle of a character".to_owned(),
            "the file may have been cut off; copy it again".to_owned(),
        ),
        // In Latin-1 and Windows-1252 these are letters, and the most likely reason.
        Some(_) if byte >= 0xa0 => (
            format!(
                "byte {byte:#04x} is not UTF-8; in Latin-1 it is `{}`",
                char::from(byte)
            ),
            format!("{save}, as `iconv -f latin1 -t utf-8` does"),
        ),
        Some(_) => (
            format!("byte {byte:#04x} is not UTF-8"),
            format!("{save}; if it comes from Windows, `iconv -f windows-1252 -t utf-8` does that"),
        ),
    };
    ForeignText {
        message,
        hint,
        text: String::from_utf8_lossy(bytes).into_owned(),
        span: start..start + char::REPLACEMENT_CHARACTER.len_utf8(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "{\n \"a\": 1 }";

    fn wide(units: impl Iterator<Item = Vec<u8>>) -> Vec<u8> {
        units.flatten().collect()
    }

    #[test]
    fn a_byte_order_mark_of_utf_8_is_passed_over() {
        assert_eq!(decoded(format!("\u{feff}{TEXT}").into()).unwrap(), TEXT);
        assert_eq!(decoded(TEXT.into()).unwrap(), TEXT);
        assert_eq!(decoded(vec![]).unwrap(), "");
    }

    #[test]
    fn wide_encodings_are_named_with_and_without_their_mark() {
        for mark in ["", "\u{feff}"] {
            let text = format!("{mark}{TEXT}");
            let units: Vec<u16> = text.encode_utf16().collect();
            let letters: Vec<u32> = text.chars().map(u32::from).collect();
            for (name, bytes) in [
                (
                    "UTF-16 (little endian)",
                    wide(units.iter().map(|unit| unit.to_le_bytes().to_vec())),
                ),
                (
                    "UTF-16 (big endian)",
                    wide(units.iter().map(|unit| unit.to_be_bytes().to_vec())),
                ),
                (
                    "UTF-32 (little endian)",
                    wide(letters.iter().map(|unit| unit.to_le_bytes().to_vec())),
                ),
                (
                    "UTF-32 (big endian)",
                    wide(letters.iter().map(|unit| unit.to_be_bytes().to_vec())),
                ),
            ] {
                let foreign = decoded(bytes).unwrap_err();
                assert_eq!(foreign.message, format!("the text is {name}, not UTF-8"));
                assert_eq!(foreign.text, TEXT);
                assert_eq!(foreign.line_and_column(), (1, 1));
            }
        }
        // Half a character at the end is no reason to fail.
        assert_eq!(decoded(b"{\0}\0a".to_vec()).unwrap_err().text, "{}");
    }

    #[test]
    fn other_bytes_are_placed() {
        let foreign = decoded(b"{\n \"caf\xe9\": 1 }".to_vec()).unwrap_err();
        assert_eq!(foreign.message, "byte 0xe9 is not UTF-8; in Latin-1 it is `é`");
        assert_eq!(foreign.line_and_column(), (2, 6));
        let foreign = decoded(b"\"\xc3\xa9\x93\"".to_vec()).unwrap_err();
        assert_eq!(foreign.message, "byte 0x93 is not UTF-8");
        assert_eq!(foreign.line_and_column(), (1, 3));
        let foreign = decoded(b"\"\xc3".to_vec()).unwrap_err();
        assert_eq!(foreign.message, "the file ends in the middle of a character");
        assert_eq!(foreign.line_and_column(), (1, 2));
    }

    #[test]
    fn a_long_file_is_refused_before_it_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("long");
        // Sparse: it could not be read within this test's memory.
        File::create(&file).unwrap().set_len(1 << 42).unwrap();
        let error = read_text(&file, 1 << 20).unwrap_err().to_string();
        assert_eq!(error, "the file has 4398046511104 bytes; at most 1 MiB are read");
        let error = read_text(Path::new("/dev/zero"), 1 << 20)
            .unwrap_err()
            .to_string();
        assert_eq!(error, "the file has more than the 1 MiB that are read at most");
        assert!(read_text(folder.path(), 1 << 20).is_err());
    }
}
