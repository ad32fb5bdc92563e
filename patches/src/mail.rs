//! Messages out of an mbox, and the text in them that may be a patch.

use crate::subject::Subject;
use mail_parser::{Encoding, Message, MessageParser, MessagePart, MimeHeaders, PartType};

/// A message, or a text without any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Letter {
    /// `None` for a text that is no message.
    pub(crate) subject: Option<Subject>,
    /// Texts of the message, decoded, each with the number of lines before it in the file, where that is known.
    pub(crate) texts: Vec<(String, Option<usize>)>,
}

/// The messages of a file: of an mbox, one, or a text that is none.
pub(crate) fn letters(bytes: &[u8]) -> Vec<Letter> {
    let mut letters = Vec::new();
    for (start, message) in messages(bytes) {
        if looks_like_mail(&message) {
            letters.extend(letter(&message, start));
        } else {
            let text = String::from_utf8_lossy(&message).into_owned();
            letters.push(Letter {
                subject: None,
                texts: vec![(text, Some(start))],
            });
        }
    }
    letters
}

/// Messages of an mbox without their `From ` lines and what these made necessary, each with the number of lines before it.
fn messages(bytes: &[u8]) -> Vec<(usize, Vec<u8>)> {
    let mut messages: Vec<(usize, Vec<u8>)> = Vec::new();
    for (number, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        if begins_message(line) {
            messages.push((number + 1, Vec::new()));
            continue;
        }
        if messages.is_empty() {
            messages.push((number, Vec::new()));
        }
        if let Some((_, message)) = messages.last_mut() {
            message.extend_from_slice(unescaped(line));
        }
    }
    messages.retain(|(_, message)| !message.trim_ascii().is_empty());
    messages
}

/// Whether a line is that which parts the messages of an mbox: `From` with a sender, a time of the day and a year.
fn begins_message(line: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(b"From ") else {
        return false;
    };
    let words = String::from_utf8_lossy(rest);
    let is_time = |word: &str| {
        let parts: Vec<&str> = word.split(':').collect();
        parts.len() == 3
            && parts
                .iter()
                .all(|part| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit()))
    };
    words.split_whitespace().skip(1).any(is_time)
}

/// A line of an mboxrd without the mark that keeps it from parting messages.
fn unescaped(line: &[u8]) -> &[u8] {
    let marks = line.iter().take_while(|byte| **byte == b'>').count();
    match line.get(marks..) {
        Some(rest) if marks > 0 && rest.starts_with(b"From ") => &line[1..],
        _ => line,
    }
}

/// Whether it begins with the head of a message.
fn looks_like_mail(message: &[u8]) -> bool {
    let mut lines = message.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end);
    let head = lines.by_ref().take_while(|line| !line.is_empty());
    let mut known = false;
    for (number, line) in head.enumerate() {
        let continues = number > 0 && line.starts_with(b" ") || line.starts_with(b"\t");
        let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
        let is_field = name.len() < line.len()
            && !name.is_empty()
            && name
                .iter()
                .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-');
        if !continues && !is_field {
            return false;
        }
        known |= [&b"subject"[..], b"from"]
            .iter()
            .any(|wanted| name.eq_ignore_ascii_case(wanted));
    }
    known
}

fn letter(bytes: &[u8], start: usize) -> Option<Letter> {
    let message = MessageParser::default().parse(bytes)?;
    let subject = Subject::of(message.subject().unwrap_or_default());
    let mut texts = Vec::new();
    collect(&message, bytes, start, &mut texts);
    Some(Letter {
        subject: Some(subject),
        texts,
    })
}

/// Texts of a message, and of attached ones.
fn collect(message: &Message<'_>, bytes: &[u8], start: usize, texts: &mut Vec<(String, Option<usize>)>) {
    for part in &message.parts {
        match &part.body {
            PartType::Text(text) => texts.push((text.to_string(), lines_before(part, bytes, start))),
            // A patch that was attached without saying that it is a text.
            PartType::Binary(content) | PartType::InlineBinary(content) if is_patch(part) => {
                texts.push((String::from_utf8_lossy(content).into_owned(), None));
            }
            PartType::Message(inner) => {
                let inner_texts = inner.parts.iter().filter_map(|part| match &part.body {
                    PartType::Text(text) => Some((text.to_string(), None)),
                    _ => None,
                });
                texts.extend(inner_texts);
            }
            _ => {}
        }
    }
}

fn is_patch(part: &MessagePart<'_>) -> bool {
    part.attachment_name()
        .is_some_and(|name| name.ends_with(".patch") || name.ends_with(".diff"))
}

/// How many lines of the file are before a part; unknown where its lines are other ones than those of the file.
fn lines_before(part: &MessagePart<'_>, bytes: &[u8], start: usize) -> Option<usize> {
    let plain = matches!(part.encoding, Encoding::None);
    let before = bytes.get(..usize::try_from(part.offset_body).ok()?)?;
    plain.then(|| start + before.iter().filter(|byte| **byte == b'\n').count())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(bytes: &[u8]) -> Vec<String> {
        let letters = letters(bytes).into_iter();
        letters
            .flat_map(|letter| letter.texts.into_iter().map(|(text, _)| text))
            .collect()
    }

    #[test]
    fn an_mbox_has_many_messages() {
        let mbox = "From mboxrd@z Thu Jan  1 00:00:00 1970\nFrom: A <a@b>\nSubject: [PATCH 1/2] one\n\nbody\n\
                    >From here on\n\nFrom x to y is a way.\n\
                    From 0123abcd Mon Sep 17 00:00:00 2001\nSubject: [PATCH 2/2] two\nFrom: A <a@b>\n\nother\n";
        let found = letters(mbox.as_bytes());
        let titles: Vec<_> = found
            .iter()
            .map(|letter| letter.subject.clone().unwrap().title)
            .collect();
        assert_eq!(titles, ["one", "two"]);
        assert_eq!(
            found[0].texts[0].0,
            "body\nFrom here on\n\nFrom x to y is a way.\n"
        );
        assert_eq!(found[0].texts[0].1, Some(4));
    }

    #[test]
    fn encoded_texts_are_decoded() {
        let quoted = "Subject: [PATCH] =?utf-8?q?f=C3=BCr?=\nFrom: a@b\nMIME-Version: 1.0\n\
                      Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n\
                      +\tx =3D a=\n_long;\n";
        assert_eq!(texts(quoted.as_bytes()), ["+\tx = a_long;\n"]);
        assert_eq!(
            letters(quoted.as_bytes())[0].subject.clone().unwrap().title,
            "für"
        );
        assert_eq!(letters(quoted.as_bytes())[0].texts[0].1, None);
        let base64 = "Subject: [PATCH] x\nFrom: a@b\nMIME-Version: 1.0\nContent-Type: text/plain\n\
                      Content-Transfer-Encoding: base64\n\nLS0tIGEveAorKysgYi94Cg==\n";
        assert_eq!(texts(base64.as_bytes()), ["--- a/x\n+++ b/x\n"]);
    }

    #[test]
    fn an_attached_patch_is_found() {
        let mail = "Subject: x\nFrom: a@b\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"z\"\n\n\
                    --z\nContent-Type: text/plain\n\nsee the patch\n\
                    --z\nContent-Type: application/octet-stream; name=\"0001-x.patch\"\n\
                    Content-Disposition: attachment; filename=\"0001-x.patch\"\n\n--- a/x\n\n--z--\n";
        assert!(texts(mail.as_bytes()).iter().any(|text| text.contains("--- a/x")));
    }

    #[test]
    fn a_diff_is_no_mail() {
        let diff = "diff --git a/x b/x\n--- a/x\n";
        let found = letters(diff.as_bytes());
        assert_eq!((found.len(), found[0].subject.clone()), (1, None));
        assert_eq!(found[0].texts[0].1, Some(0));
    }

    proptest! {
        #[test]
        fn any_bytes_are_letters(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = letters(&bytes);
        }

        #[test]
        fn any_words_are_letters(text in "(From x 00:00:00 1999\n|Subject: |From: |Content-Type: multipart/mixed; boundary=\"z\"\n|--z\n|Content-Transfer-Encoding: base64\n|.{0,9}|\n){0,30}") {
            let _ = letters(text.as_bytes());
        }
    }
}
