//! What is wrong in a policies folder, where it stands, and how to put it right.

use std::cell::RefCell;
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
        Self::counted_from(text, span, (0, 1))
    }

    /// Counts on from bytes whose line is known: a text with many mistakes is then gone through
    /// once and not once for each.
    fn counted_from(text: &str, span: Range<usize>, (known, line): (usize, usize)) -> Self {
        let start = text.floor_char_boundary(span.start);
        let line_start = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
        Self {
            line: line + text[known..start].matches('\n').count(),
            column: text[line_start..start].chars().count() + 1,
            span: start..text.floor_char_boundary(span.end).max(start),
        }
    }

    /// The whole lines it stands in, and where it stands in them.
    fn excerpt(&self, text: &str) -> Excerpt {
        let start = text[..self.span.start].rfind('\n').map_or(0, |newline| newline + 1);
        let rest = &text[self.span.end..];
        let end = self.span.end + rest.find('\n').unwrap_or(rest.len());
        Excerpt {
            lines: text[start..end].to_owned(),
            span: self.span.start - start..self.span.end - start,
        }
    }
}

/// The lines a mistake stands in; a register can be far too large to be kept for them.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Excerpt {
    lines: String,
    span: Range<usize>,
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

/// Every mistake of a folder, in the order of its files and lines, with the lines they stand in.
///
/// [`Display`](fmt::Display) shows each with its line and a caret under what is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems {
    list: Vec<Problem>,
    /// For each mistake, unless it concerns its file as a whole.
    excerpts: Vec<Option<Excerpt>>,
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

    fn render(problem: &Problem, excerpt: Option<&Excerpt>) -> String {
        let help = problem.help.iter().map(|help| Level::HELP.message(help));
        let title = match &problem.place {
            Some(_) => Level::ERROR.primary_title(&problem.message),
            None => Level::ERROR.primary_title(format!("{}: {}", problem.file, problem.message)),
        };
        let group = match (&problem.place, excerpt) {
            (Some(place), Some(excerpt)) => title.element(
                Snippet::source(&excerpt.lines)
                    .line_start(place.line)
                    .path(&problem.file)
                    .annotation(AnnotationKind::Primary.span(excerpt.span.clone())),
            ),
            _ => annotate_snippets::Group::with_title(title),
        };
        Renderer::plain().render(&[group.elements(help)])
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (problem, excerpt) in self.list.iter().zip(&self.excerpts) {
            writeln!(f, "{}\n", Self::render(problem, excerpt.as_ref()))?;
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

    /// The place of these bytes of a file, counted on from its last mistake where it stands before.
    fn place(&self, file: &str, text: &str, span: Range<usize>) -> Place {
        let list = self.0.borrow();
        let last = list.last().filter(|problem| problem.file == file);
        let known = last
            .and_then(|problem| problem.place.as_ref())
            .filter(|place| place.span.start <= span.start)
            .map_or((0, 1), |place| (place.span.start, place.line));
        Place::counted_from(text, span, known)
    }

    /// The mistakes with the lines they stand in.
    pub(crate) fn problems<'t>(self, text: impl Fn(&str) -> Option<&'t str>) -> Problems {
        let mut list = self.0.into_inner();
        list.sort_by_key(|problem| {
            let start = problem.place.as_ref().map_or(0, |place| place.span.start);
            (problem.file.clone(), start)
        });
        let excerpts = list
            .iter()
            .map(|problem| Some(problem.place.as_ref()?.excerpt(text(&problem.file)?)))
            .collect();
        Problems { list, excerpts }
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
        let place = self.ledger.place(self.file, self.text, span);
        self.ledger.note(Problem {
            file: self.file.to_owned(),
            place: Some(place),
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
    fn a_place_is_the_same_in_whichever_order_mistakes_are_found() {
        let text = "một\nhai\nba\n";
        let ledger = Ledger::default();
        let page = Page { file: "x.csv", text, ledger: &ledger };
        for (span, place) in [(6..9, (2, 1)), (11..12, (3, 2)), (7..8, (2, 2)), (0..1, (1, 1))] {
            page.wrong(span.clone(), "x");
            let noted = ledger.0.borrow().last().and_then(|problem| problem.place.clone()).unwrap();
            assert_eq!(noted, Place::of(text, span));
            assert_eq!((noted.line, noted.column), place);
        }
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
