//! Certificates by their SHA-256, in the form in which those of a million machines are kept.

use std::collections::{BTreeMap, BTreeSet};

use report::{MachineId, Timestamp};

use crate::store::CertificateRecord;

/// Every certificate that may still open a door.
#[derive(Debug, Default)]
pub struct Certificates {
    known: BTreeMap<Sha256, Known>,
    /// Whose each is: what is asked of one machine looks at its own certificates alone.
    by_machine: BTreeSet<(MachineId, Sha256)>,
    /// SHA-256 of the certificates of every CA that ever issued one: a few.
    issuers: Vec<Sha256>,
}

type Sha256 = [u8; 32];

/// What is asked of a certificate.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    pub(super) machine: MachineId,
    /// The place of its issuer.
    issuer: u32,
    pub(super) not_before: Timestamp,
    pub(super) not_after: Timestamp,
    pub(super) used_at: Option<Timestamp>,
    pub(super) ends_at: Option<Timestamp>,
}

impl Certificates {
    /// Takes in one more.
    pub fn push(&mut self, record: &CertificateRecord) {
        let place = self.issuers.iter().position(|issuer| *issuer == record.issuer);
        let place = place.unwrap_or_else(|| {
            self.issuers.push(record.issuer);
            self.issuers.len() - 1
        });
        let known = Known {
            machine: record.machine,
            issuer: u32::try_from(place).unwrap_or(u32::MAX),
            not_before: record.not_before,
            not_after: record.not_after,
            used_at: record.used_at,
            ends_at: record.ends_at,
        };
        self.known.insert(record.sha256, known);
        self.by_machine.insert((record.machine, record.sha256));
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    pub(super) fn get(&self, sha256: &Sha256) -> Option<&Known> {
        self.known.get(sha256)
    }

    pub(super) fn issuer(&self, known: &Known) -> Option<&Sha256> {
        self.issuers.get(known.issuer as usize)
    }

    /// The certificates of one machine.
    pub(super) fn of_machine(&self, machine: MachineId) -> impl Iterator<Item = (&Sha256, &Known)> {
        let hashes = self.by_machine.range(all_of(machine));
        hashes.filter_map(|(_, sha256)| Some((sha256, self.known.get(sha256)?)))
    }

    /// Changes the certificates of one machine.
    pub(super) fn change(
        &mut self,
        machine: MachineId,
        mut change: impl FnMut(&Sha256, &mut Known),
    ) {
        for (_, sha256) in self.by_machine.range(all_of(machine)) {
            if let Some(known) = self.known.get_mut(sha256) {
                change(sha256, known);
            }
        }
    }

    /// Forgets those of the same machine that were over before this one, which is used, began: they
    /// open nothing any more. The store leaves them out by the same rule when it is read.
    pub(super) fn forget_those_over_before(&mut self, used: &Known) {
        let over = self.of_machine(used.machine);
        let over = over.filter(|(_, known)| known.not_after < used.not_before);
        let over: Vec<_> = over.map(|(sha256, _)| *sha256).collect();
        for sha256 in over {
            self.known.remove(&sha256);
            self.by_machine.remove(&(used.machine, sha256));
        }
    }

    /// Of each machine the certificate it speaks by: the newest that it has used, or, before its
    /// first word, the newest that it was given.
    pub(super) fn in_use(&self) -> impl Iterator<Item = (MachineId, &Known)> {
        let mut rest = self.by_machine.iter().peekable();
        std::iter::from_fn(move || {
            let (machine, first) = rest.next()?;
            let mut best = self.known.get(first)?;
            while let Some((_, next)) = rest.next_if(|(of, _)| of == machine) {
                best =
                    self.known.get(next).filter(|next| next.rank() > best.rank()).unwrap_or(best);
            }
            Some((*machine, best))
        })
    }
}

impl Known {
    /// What is used goes before what is not, and the newer before the older: of two of the same
    /// second the newer one has no end of its own.
    fn rank(&self) -> (bool, Timestamp, bool) {
        (self.used_at.is_some(), self.not_before, self.ends_at.is_none())
    }
}

fn all_of(machine: MachineId) -> std::ops::RangeInclusive<(MachineId, Sha256)> {
    (machine, [0; 32])..=(machine, [0xff; 32])
}

impl<'r> FromIterator<&'r CertificateRecord> for Certificates {
    fn from_iter<I: IntoIterator<Item = &'r CertificateRecord>>(records: I) -> Self {
        let mut certificates = Self::default();
        records.into_iter().for_each(|record| certificates.push(record));
        certificates
    }
}
