//! The generated register: `machines.csv`, row by row.

use std::io::{self, Write};

use super::Office;
use super::days::written;
use super::observed::{asset_tag, host_name, serial};
use super::place::{Place, Row};

/// The header of `machines.csv`, with its mark.
pub(super) fn header(mark: &str) -> String {
    format!("{mark}# sample = true\nid,unit,kind,systems,serial,asset_tag,host_name,from,until\n")
}

/// Writes the rows of a place.
pub(super) fn write(office: &Office, place: &Place, to: &mut impl Write) -> io::Result<()> {
    let systems: Vec<_> =
        place.systems.iter().map(|number| office.systems.list[*number].id.as_str()).collect();
    for row in &place.rows {
        let Row { id, unit, from, until } = row;
        writeln!(
            to,
            "{id},{unit},{kind},{systems},{serial},{tag},{host},{from},{until}",
            unit = office.units.list[*unit].id,
            kind = place.kind.name(),
            systems = systems.join(" "),
            serial = serial(place.number, 0),
            tag = asset_tag(place.number),
            host = host_name(office, place),
            from = written(*from),
            until = until.map(written).unwrap_or_default(),
        )?;
    }
    Ok(())
}
