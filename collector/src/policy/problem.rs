//! What is wrong in a policies folder, where it stands, and how to put it right.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use serde::Serialize;

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The file, relative to the folder.
    pub file: String,
    /// Where in the file; `None`: the file as a whole.
    #[serde(flatten)]
    pub place: Option<Place>,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The line, from 1.
    pub line: usize,
    /// The character in the line, from 1.
    pub column: usize,
    /// The bytes meant.
    #[serde(skip)]
    pub span: Range<usize>,
}

impl Place {
    /// The place of these bytes of a text.
    #[must_use]
    pub fn of(text: &str, span: Range<usize>) -> Self {
        let start = text.floor_char_boundary(span.start);
        let before = &text[..start];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            span: start..text.floor_char_boundary(span.end).max(start),
        }
    }
}

/// `file:line:column: message`, for editors and logs.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(place) = &self.place {
            write!(f, ":{}:{}", place.line, place.column)?;
        }
        write!(f, ": {}", self.message)
    }
}

/// Every mistake of a folder, in the order of its files and lines, with the texts they stand in.
///
/// [`Display`](fmt::Display) shows each with its line and a caret under what is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems {
    list: Vec<Problem>,
    texts: BTreeMap<String, String>,
}

impl Problems {
    /// Every mistake.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.list.iter()
    }

    /// One line for each mistake: `file:line:column: message`.
    #[must_use]
    pub fn compact(&self) -> String {
        self.list.iter().map(|problem| format!("{problem}\n")).collect()
    }

    fn render(&self, problem: &Problem) -> String {
        let help = problem.help.iter().map(|help| Level::HELP.message(help));
        let title = match &problem.place {
            Some(_) => Level::ERROR.primary_title(&problem.message),
            None => Level::ERROR.primary_title(format!("{}: {}", problem.file, problem.message)),
        };
        let group = match (&problem.place, self.texts.get(&problem.file)) {
            (Some(place), Some(text)) => title.element(
                Snippet::source(text)
                    .path(&problem.file)
                    .annotation(AnnotationKind::Primary.span(place.span.clone())),
            ),
            _ => annotate_snippets::Group::with_title(title),
        };
        Renderer::plain().render(&[group.elements(help)])
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in &self.list {
            writeln!(f, "{}\n", self.render(problem))?;
        }
        let files: std::collections::BTreeSet<_> =
            self.list.iter().map(|problem| &problem.file).collect();
        let plural = |count: usize| if count == 1 { "" } else { "s" };
        write!(
            f,
            "{} problem{} in {} file{}",
            self.list.len(),
            plural(self.list.len()),
            files.len(),
            plural(files.len()),
        )
    }
}

impl std::error::Error for Problems {}

/// Where mistakes are written down while a folder is read, so that one does not hide the next.
#[derive(Debug, Default)]
pub(crate) struct Ledger(RefCell<Vec<Problem>>);

impl Ledger {
    pub(crate) fn note(&self, problem: Problem) {
        self.0.borrow_mut().push(problem);
    }

    /// A mistake that concerns a file as a whole.
    pub(crate) fn note_file(&self, file: &str, message: impl Into<String>, help: Option<String>) {
        self.note(Problem { file: file.to_owned(), place: None, message: message.into(), help });
    }

    pub(crate) fn count(&self) -> usize {
        self.0.borrow().len()
    }

    /// The mistakes with the texts they stand in.
    pub(crate) fn problems<'t>(self, text: impl Fn(&str) -> Option<&'t str>) -> Problems {
        let mut list = self.0.into_inner();
        list.sort_by_key(|problem| {
            let start = problem.place.as_ref().map_or(0, |place| place.span.start);
            (problem.file.clone(), start)
        });
        let texts = list
            .iter()
            .filter_map(|problem| Some((problem.file.clone(), text(&problem.file)?.to_owned())))
            .collect();
        Problems { list, texts }
    }
}

/// One file being read: what to say where.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page<'d> {
    pub(crate) file: &'d str,
    pub(crate) text: &'d str,
    pub(crate) ledger: &'d Ledger,
}

impl Page<'_> {
    /// Notes a mistake at these bytes.
    pub(crate) fn wrong(&self, span: Range<usize>, message: impl Into<String>) {
        self.wrong_with_help(span, message, None);
    }

    /// Notes a mistake at these bytes, with what to write instead.
    pub(crate) fn wrong_with_help(
        &self,
        span: Range<usize>,
        message: impl Into<String>,
        help: Option<String>,
    ) {
        self.ledger.note(Problem {
            file: self.file.to_owned(),
            place: Some(Place::of(self.text, span)),
            message: message.into(),
            help,
        });
    }
}

/// "did you mean …", when one of the choices is near.
pub(crate) fn nearest<'c>(
    written: &str,
    choices: impl IntoIterator<Item = &'c str>,
) -> Option<&'c str> {
    const NEAR: f64 = 0.75;
    choices
        .into_iter()
        .map(|choice| (strsim::jaro_winkler(written, choice), choice))
        .filter(|(likeness, _)| *likeness >= NEAR)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, choice)| choice)
}

/// The help line for [`nearest`].
pub(crate) fn did_you_mean<'c>(
    written: &str,
    choices: impl IntoIterator<Item = &'c str>,
) -> Option<String> {
    nearest(written, choices).map(|choice| format!("did you mean `{choice}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_not_bytes() {
        let text = "a = 1\ntên = \"Sở\" x";
        let at = text.find('x').unwrap();
        let place = Place::of(text, at..at + 1);
        assert_eq!((place.line, place.column), (2, 12));
    }

    #[test]
    fn a_span_past_the_end_points_at_the_end() {
        assert_eq!(Place::of("ab", 7..9).column, 3);
    }

    #[test]
    fn only_something_near_is_suggested() {
        assert_eq!(nearest("severty", ["severity", "source"]), Some("severity"));
        assert_eq!(nearest("colour", ["severity", "source"]), None);
    }
}
