//! The kernel's command line.

/// Words, with what is in double quotes kept together and the quotes taken off.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quoted = false;
    for character in line.chars() {
        match character {
            '"' => quoted = !quoted,
            blank if blank.is_whitespace() && !quoted => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            other => word.push(other),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// Whether the line holds a word.
pub fn has_word(line: &str, word: &str) -> bool {
    words(line).iter().any(|other| other == word)
}

/// Parameters of a module, `mlx5_core.debug_mask=3`, as `insmod` wants them: `debug_mask=3`.
pub fn module_parameters(line: &str, module: &str) -> String {
    let mut parameters = Vec::new();
    for word in words(line) {
        let Some((name, assignment)) = word.split_once('.') else {
            continue;
        };
        if name.replace('-', "_") != module {
            continue;
        }
        match assignment.split_once('=') {
            Some((key, value)) if value.contains(char::is_whitespace) => {
                parameters.push(format!("{key}=\"{value}\""));
            }
            _ => parameters.push(assignment.to_owned()),
        }
    }
    parameters.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_found_whole() {
        assert!(has_word(
            "console=ttyS0 mlx5cosim.shell quiet\n",
            "mlx5cosim.shell"
        ));
        assert!(!has_word("mlx5cosim.shells x-mlx5cosim.shell", "mlx5cosim.shell"));
        assert!(!has_word("", "mlx5cosim.shell"));
    }

    #[test]
    fn parameters_are_those_of_the_module() {
        let line =
            r#"quiet mlx5_core.debug_mask=3 other.x=1 mlx5-core.dyndbg="file pagealloc.c +p" mlx5_core.flag"#;
        assert_eq!(
            module_parameters(line, "mlx5_core"),
            r#"debug_mask=3 dyndbg="file pagealloc.c +p" flag"#
        );
        assert_eq!(module_parameters(line, "mlxfw"), "");
    }

    #[test]
    fn quotes_may_also_surround_the_whole_word() {
        let line = r#""mlx5_core.dyndbg=file a +p""#;
        assert_eq!(module_parameters(line, "mlx5_core"), r#"dyndbg="file a +p""#);
    }
}
