//! What no two rows may share: an id ever, a mark at one time.
//!
//! Rows are compared where they lie side by side in an order, never each with all others.

use super::read::{Draft, Drafts};
use super::{Mark, RowIndex, folded};
use crate::register::entry::cut;

/// A mistake that only shows beside another row.
pub(super) struct Twin {
    /// Where the record stands that came second.
    pub(super) at: usize,
    pub(super) column: &'static str,
    pub(super) message: String,
}

/// The rows whose id another one before them has.
pub(super) fn of_ids(drafts: &Drafts) -> impl Iterator<Item = Twin> {
    let id = |draft: &Draft| draft.row.id(&drafts.texts);
    let pairs = drafts.rows.windows(2).filter(move |pair| id(&pair[0]) == id(&pair[1]));
    pairs.map(move |pair| Twin {
        at: pair[1].at,
        column: "id",
        message: format!("`{}` stands here twice", cut(id(&pair[1]))),
    })
}

/// The rows that have a mark in a time in which another one has it. A mark binds a machine to its
/// row; hardware may move on to a new row when the old one has ended.
pub(super) fn of_marks<'d>(
    drafts: &'d Drafts,
    kind: Mark,
    order: &'d [RowIndex],
) -> impl Iterator<Item = Twin> {
    let same = move |a: &RowIndex, b: &RowIndex| {
        folded(drafts.mark(*a, kind)).eq(folded(drafts.mark(*b, kind)))
    };
    let groups = order.chunk_by(same).filter(|group| group.len() > 1);
    groups.flat_map(move |group| of_group(drafts, kind, group))
}

/// Goes through rows with one mark in the order of their first days, beside the one that lasts
/// longest so far.
fn of_group(drafts: &Drafts, kind: Mark, group: &[RowIndex]) -> Vec<Twin> {
    let mut group: Vec<_> = group.iter().map(|index| &drafts.rows[index.number()]).collect();
    group.sort_by_key(|draft| (draft.row.from, draft.at));
    let mut twins = Vec::new();
    let mut lasting: Option<&Draft> = None;
    for draft in group {
        match lasting {
            Some(one) if draft.row.from <= one.row.until => {
                let (first, second) = if one.at < draft.at { (one, draft) } else { (draft, one) };
                twins.push(Twin {
                    at: second.at,
                    column: kind.column(),
                    message: format!(
                        "`{}` already belongs to the machine `{}`",
                        cut(kind.of(&second.row, &drafts.texts)),
                        cut(first.row.id(&drafts.texts))
                    ),
                });
                lasting = [one, draft].into_iter().max_by_key(|draft| draft.row.until);
            }
            Some(_) | None => lasting = Some(draft),
        }
    }
    twins
}
