//! Colours, where a terminal shows them and nobody has forbidden or forced them: `anstream` knows the variables.

/// Colours, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Palette {
    /// Whether there are any.
    pub colour: bool,
}

/// What a text says about a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// As it should be.
    Good,
    /// Not as it should be.
    Bad,
    /// Worth a look.
    Notable,
    /// In the background.
    Quiet,
    /// A heading.
    Heading,
}

impl Palette {
    /// The palette for stdout.
    #[must_use]
    pub fn for_stdout() -> Self {
        Self {
            colour: colour_on_stdout(),
        }
    }

    /// The text in the tone's colour.
    #[must_use]
    pub fn paint(self, tone: Tone, text: &str) -> String {
        if !self.colour || text.is_empty() {
            return text.to_owned();
        }
        let code = match tone {
            Tone::Good => "32",
            Tone::Bad => "1;31",
            Tone::Notable => "33",
            Tone::Quiet => "2",
            Tone::Heading => "1",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }
}

/// Whether stdout takes colours.
#[must_use]
pub fn colour_on_stdout() -> bool {
    anstream::AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never
}

/// Whether stderr takes colours.
#[must_use]
pub fn colour_on_stderr() -> bool {
    anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never
}
