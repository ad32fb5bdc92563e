//! What the beginning of a subject says: `[PATCH net v2 3/5] net/mlx5: ...`.

/// A subject, taken to pieces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Subject {
    /// What comes after the brackets.
    pub(crate) title: String,
    /// Place in the series and its length.
    pub(crate) number: Option<(u32, u32)>,
    /// 1 where it says nothing.
    pub(crate) version: u32,
    /// Whether it answers another message.
    pub(crate) is_reply: bool,
}

impl Subject {
    pub(crate) fn of(text: &str) -> Self {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut rest = text.as_str();
        let is_reply = rest
            .get(..3)
            .is_some_and(|start| start.eq_ignore_ascii_case("re:"));
        if is_reply {
            rest = rest[3..].trim_start();
        }
        let (mut number, mut version) = (None, 1);
        while let Some((inside, after)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            for word in inside.split([' ', ',']) {
                let slashed = word.split_once('/');
                let numbers = slashed.and_then(|(place, all)| Some((place.parse().ok()?, all.parse().ok()?)));
                number = numbers.or(number);
                let digits = word
                    .strip_prefix(['v', 'V'])
                    .and_then(|digits| digits.parse().ok());
                version = digits.unwrap_or(version);
            }
            rest = after.trim_start();
        }
        Self {
            title: rest.to_owned(),
            number,
            version,
            is_reply,
        }
    }

    /// Whether the message only introduces a series.
    pub(crate) fn is_cover(&self) -> bool {
        self.number.is_some_and(|(place, _)| place == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_say_place_and_version() {
        let subject = Subject::of("[PATCH net v2 03/12] net/mlx5: Fix\n a wait");
        assert_eq!(subject.title, "net/mlx5: Fix a wait");
        assert_eq!((subject.number, subject.version), (Some((3, 12)), 2));
        assert!(!subject.is_cover() && !subject.is_reply);
        assert!(Subject::of("[PATCH 0/2] x").is_cover());
        assert!(Subject::of("Re: [PATCH] x").is_reply);
        let plain = Subject::of("net/mlx5: [x] v2");
        assert_eq!((plain.number, plain.version), (None, 1));
        assert_eq!(plain.title, "net/mlx5: [x] v2");
        assert_eq!(Subject::of("[RFC][PATCH v3] y").version, 3);
    }
}
