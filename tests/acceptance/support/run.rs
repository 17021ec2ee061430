//! A command of Terraform that has ended, and what may be asked of it. Every failure shows the whole output.

use std::process::{Command, Output, Stdio};

/// What a command said and how it ended.
pub(crate) struct Run {
    pub(crate) command: String,
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    /// Standard output, then standard error.
    pub(crate) output: String,
    /// The same without the frames and line breaks that Terraform puts around it.
    plain: String,
}

impl Run {
    /// Runs a command to its end.
    pub(crate) fn of(mut command: Command) -> Self {
        let shown = show(&command);
        let output = command.stdin(Stdio::null()).output();
        Self::ended(shown, output.expect("Terraform starts"))
    }

    /// A command that has ended.
    pub(crate) fn ended(command: String, output: Output) -> Self {
        let stdout = uncoloured(&String::from_utf8_lossy(&output.stdout));
        let whole = stdout.clone() + &uncoloured(&String::from_utf8_lossy(&output.stderr));
        Self {
            command,
            code: output.status.code(),
            plain: plain(&whole),
            output: whole,
            stdout,
        }
    }

    /// It succeeded.
    #[track_caller]
    pub(crate) fn ok(&self) -> &Self {
        self.ended_with(0, "to succeed")
    }

    /// A plan with changes.
    #[track_caller]
    pub(crate) fn changes(&self) -> &Self {
        self.ended_with(2, "to plan changes")
    }

    /// A plan without changes.
    #[track_caller]
    pub(crate) fn empty(&self) -> &Self {
        self.ended_with(0, "to plan no changes")
    }

    /// It failed, as a command fails and not as a program does.
    #[track_caller]
    pub(crate) fn refused(&self) -> &Self {
        self.ended_with(1, "to be refused");
        self.without_crash()
    }

    /// The provider answered to the end: it neither crashed nor stopped answering.
    #[track_caller]
    pub(crate) fn without_crash(&self) -> &Self {
        for word in [
            "panic",
            "crashed",
            "Plugin did not respond",
            "Request cancelled",
            "bug in the provider",
        ] {
            self.never_says(word);
        }
        self
    }

    /// The output has this text, wherever its lines are broken.
    #[track_caller]
    pub(crate) fn says(&self, text: &str) -> &Self {
        assert!(self.has(text), "{}", self.complaint(&format!("to say {text:?}")));
        self
    }

    /// The output does not have this text.
    #[track_caller]
    pub(crate) fn never_says(&self, text: &str) -> &Self {
        assert!(!self.has(text), "{}", self.complaint(&format!("not to say {text:?}")));
        self
    }

    /// Whether the output has this text, wherever its lines are broken.
    pub(crate) fn has(&self, text: &str) -> bool {
        self.plain.contains(text)
    }

    /// The diagnostics, each as Terraform prints it, without its frame. Those about development overrides are left out.
    pub(crate) fn diagnostics(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut open: Option<Vec<&str>> = None;
        for line in self.output.lines().map(str::trim_end) {
            match (line, &mut open) {
                ("╷", _) => open = Some(Vec::new()),
                ("╵", _) => found.extend(open.take().map(|lines| lines.join("\n"))),
                (line, Some(lines)) => lines.push(line.trim_start_matches('│').strip_prefix(' ').unwrap_or_default()),
                _ => {}
            }
        }
        found.retain(|diagnostic| !diagnostic.contains("development overrides"));
        found
    }

    /// The diagnostics that are errors.
    pub(crate) fn errors(&self) -> Vec<String> {
        let mut found = self.diagnostics();
        found.retain(|diagnostic| diagnostic.starts_with("Error: "));
        found
    }

    /// The first lines of the warnings.
    pub(crate) fn warnings(&self) -> Vec<String> {
        self.diagnostics()
            .iter()
            .filter_map(|diagnostic| Some(diagnostic.lines().next()?.strip_prefix("Warning: ")?.to_owned()))
            .collect()
    }

    #[track_caller]
    fn ended_with(&self, code: i32, expected: &str) -> &Self {
        assert!(self.code == Some(code), "{}", self.complaint(expected));
        self
    }

    fn complaint(&self, expected: &str) -> String {
        format!(
            "expected {expected}: {}\nexit code {:?}, output:\n{}",
            self.command, self.code, self.output
        )
    }
}

/// A command as a person would type it.
pub(crate) fn show(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// Terraform frames its diagnostics only where it colours them: the frames tell where each one ends.
fn uncoloured(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |plain, part| {
        plain + part.split_once('m').map_or(part, |(_, rest)| rest)
    })
}

/// One line of words: Terraform breaks lines where the terminal ends.
fn plain(text: &str) -> String {
    let words = text
        .lines()
        .flat_map(|line| line.trim_start_matches(['│', '╷', '╵']).split_whitespace());
    words.collect::<Vec<_>>().join(" ")
}
