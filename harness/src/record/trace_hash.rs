//! One number for everything that happened: two runs with the same number were the same run.

use serde::Serialize;
use twox_hash::XxHash3_128;

/// A hash over the JSON of everything that is added, in order: 128 bits of XXH3, which is stable across machines and versions.
#[derive(Clone, Default)]
pub(crate) struct TraceHash {
    digest: XxHash3_128,
    line: Vec<u8>,
}

impl TraceHash {
    /// Adds something that happened.
    pub(crate) fn add(&mut self, what: &impl Serialize) {
        self.line.clear();
        // Records are plain data with string keys, which always has a form in JSON; what had none would be told
        // apart from everything else by its message.
        if let Err(error) = serde_json::to_writer(&mut self.line, what) {
            self.line.extend_from_slice(error.to_string().as_bytes());
        }
        self.line.push(b'\n');
        self.digest.write(&self.line);
    }

    /// The hash so far, in hexadecimal.
    pub(crate) fn finish(&self) -> String {
        format!("{:032x}", self.digest.finish_128())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_content_count() {
        let hash = |items: &[&str]| {
            let mut hash = TraceHash::default();
            items.iter().for_each(|item| hash.add(item));
            hash.finish()
        };
        assert_eq!(hash(&["a", "b"]), hash(&["a", "b"]));
        assert_ne!(hash(&["a", "b"]), hash(&["b", "a"]));
        assert_ne!(hash(&["ab"]), hash(&["a", "b"]));
        assert_eq!(hash(&[]).len(), 32);
    }
}
