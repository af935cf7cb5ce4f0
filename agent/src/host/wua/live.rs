//! The update agent of the machine this runs on, asked in this process.

use super::{Entry, Read, ReadError, SOURCE, Updates};
use crate::host::ffi::windows::{com, updates};
use crate::host::hresult;

pub(super) fn updates(enough: fn(&Entry) -> bool) -> Read<Updates> {
    let failed = |code| ReadError::new(SOURCE, hresult::of_provider(code));
    com::ready().map_err(failed)?;
    let searcher = updates::Searcher::new().map_err(failed)?;
    Ok(Updates {
        history: searcher.history(enough).map_err(failed),
        pending: searcher.pending().map_err(|kind| ReadError::new(SOURCE, kind)),
        last_search: updates::last_search().map(|at| at.to_string()),
    })
}
