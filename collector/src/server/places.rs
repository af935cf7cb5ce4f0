//! Who may be connected at once, decided before anything is spent on a connection.
//!
//! Nobody waits for a place: whoever finds none is sent away at once and comes back. So that those
//! who hold their places without saying anything keep nobody out, a crowded collector takes places
//! back: the oldest of the address that has most connections without a whole request.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use crate::network::counted_as;

/// How many may be connected at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// In all.
    pub connections: usize,
    /// From one address.
    pub per_address: usize,
    /// How many one address may open in a second when it goes on and on; twice as many at once.
    pub new_per_address: u32,
}

/// Why there is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Shed {
    /// All are taken.
    #[error("all places are taken")]
    Full,
    /// This address has as many as one address may have, or opens them too fast.
    #[error("the address has too many connections or opens them too fast")]
    AddressBusy,
}

impl Shed {
    /// The label of `lachan_refusals_total`.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::Full => "shed",
            Self::AddressBusy => "address_busy",
        }
    }
}

/// Since the listener began, by a clock that nobody sets.
pub type Moment = Duration;

/// An honest handshake and its request take less: nobody is ended before.
const PATIENCE: Duration = Duration::from_secs(2);
/// Of how many addresses the pace is remembered: each is forgotten when it has paused for as long
/// as it was too fast, two seconds at most.
const MAX_ADDRESSES: usize = 65_536;
/// How often those are looked for whose pace need not be remembered any more.
const SWEEP: Duration = Duration::from_secs(1);

/// The places of one listener; clones share them.
#[derive(Clone, Debug)]
pub struct Places(Arc<Mutex<Book>>);

/// A place that is taken until this value goes.
#[derive(Debug)]
pub struct Place {
    places: Places,
    id: u64,
    /// Rings when the place is taken back.
    bell: Arc<Notify>,
}

impl Places {
    /// As many as there is room for, all free.
    #[must_use]
    pub fn new(room: Room) -> Self {
        Self(Arc::new(Mutex::new(Book::new(room))))
    }

    /// Takes a place for a connection from this address.
    ///
    /// # Errors
    /// When there is none for it.
    pub fn admit(&self, from: IpAddr, now: Moment) -> Result<Place, Shed> {
        let of = counted_as(from);
        let mut book = self.book();
        book.let_in(of, now)?;
        let (id, bell) = book.seat(of, now)?;
        Ok(Place { places: self.clone(), id, bell })
    }

    /// Takes a place for a connection from a proxy, which may have any number of them: the limits
    /// for one address hold for [whom it speaks for](Place::is_of).
    ///
    /// # Errors
    /// When all places are taken.
    pub fn admit_proxy(&self, proxy: IpAddr, now: Moment) -> Result<Place, Shed> {
        let (id, bell) = self.book().seat(counted_as(proxy), now)?;
        Ok(Place { places: self.clone(), id, bell })
    }

    /// Takes one place back, if one has been held for nothing for long enough.
    pub fn make_room(&self, now: Moment) {
        self.book().take_one_back(now);
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// The proxy has said for whom it speaks.
    ///
    /// # Errors
    /// When that address may not have one more; the place stays the proxy's.
    pub fn is_of(&self, client: IpAddr, now: Moment) -> Result<(), Shed> {
        let client = counted_as(client);
        let mut book = self.places.book();
        book.let_in(client, now)?;
        book.hand_over(self.id, client);
        Ok(())
    }

    /// What is told when a whole request has come.
    #[must_use]
    pub fn delivery(&self) -> Delivery {
        Delivery { places: self.places.clone(), id: self.id }
    }

    /// Rings when the place is taken back.
    #[must_use]
    pub fn bell(&self) -> Arc<Notify> {
        Arc::clone(&self.bell)
    }
}

/// Keeps a place for whoever has said what it came for.
#[derive(Clone, Debug)]
pub struct Delivery {
    places: Places,
    id: u64,
}

impl Delivery {
    /// A whole request has come: from now on the place is not taken back.
    pub fn is_made(&self) {
        self.places.book().has_delivered(self.id);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.book().leave(self.id);
    }
}

/// Every address is [counted as](counted_as) one that its owner cannot change.
#[derive(Debug)]
struct Book {
    room: Room,
    seats: BTreeMap<u64, Seat>,
    guests: BTreeMap<IpAddr, Guest>,
    next: u64,
    pace: Pace,
}

/// A place that is taken.
#[derive(Debug)]
struct Seat {
    of: IpAddr,
    since: Moment,
    bell: Arc<Notify>,
}

/// What one address has.
#[derive(Debug, Default)]
struct Guest {
    places: usize,
    /// Which of them are without a whole request yet, oldest first.
    knocking: BTreeSet<u64>,
}

impl Book {
    fn new(room: Room) -> Self {
        let pace = Pace::new(room.new_per_address);
        Self { room, seats: BTreeMap::new(), guests: BTreeMap::new(), next: 0, pace }
    }

    /// Whether this address may open one more.
    fn let_in(&mut self, of: IpAddr, now: Moment) -> Result<(), Shed> {
        if self.guests.get(&of).is_some_and(|guest| guest.places >= self.room.per_address) {
            return Err(Shed::AddressBusy);
        }
        self.pace.take(of, now)
    }

    fn seat(&mut self, of: IpAddr, now: Moment) -> Result<(u64, Arc<Notify>), Shed> {
        if self.seats.len() > self.room.connections / 4 * 3 {
            self.take_one_back(now);
        }
        if self.seats.len() >= self.room.connections {
            return Err(Shed::Full);
        }
        let (id, bell) = (self.next, Arc::new(Notify::new()));
        self.next += 1;
        self.seats.insert(id, Seat { of, since: now, bell: Arc::clone(&bell) });
        let guest = self.guests.entry(of).or_default();
        guest.places += 1;
        guest.knocking.insert(id);
        Ok((id, bell))
    }

    /// The oldest of the most crowded address; where several are alike, the oldest of these. The
    /// place is free at once: what was held in it ends without delay.
    fn take_one_back(&mut self, now: Moment) {
        let crowds = self.guests.values().filter_map(|guest| {
            let oldest = *guest.knocking.first()?;
            Some((guest.knocking.len(), Reverse(oldest)))
        });
        let Some((_, Reverse(id))) = crowds.max() else {
            return;
        };
        if self.seats.get(&id).is_some_and(|seat| now >= seat.since + PATIENCE)
            && let Some(seat) = self.leave(id)
        {
            seat.bell.notify_one();
        }
    }

    fn hand_over(&mut self, id: u64, to: IpAddr) {
        let Some(seat) = self.leave(id) else {
            return;
        };
        self.seats.insert(id, Seat { of: to, ..seat });
        let guest = self.guests.entry(to).or_default();
        guest.places += 1;
        guest.knocking.insert(id);
    }

    fn has_delivered(&mut self, id: u64) {
        let guest = self.seats.get(&id).and_then(|seat| self.guests.get_mut(&seat.of));
        if let Some(guest) = guest {
            guest.knocking.remove(&id);
        }
    }

    /// `None` where the place was taken back before.
    fn leave(&mut self, id: u64) -> Option<Seat> {
        let seat = self.seats.remove(&id)?;
        if let Some(guest) = self.guests.get_mut(&seat.of) {
            guest.places = guest.places.saturating_sub(1);
            guest.knocking.remove(&id);
            if guest.places == 0 {
                self.guests.remove(&seat.of);
            }
        }
        Some(seat)
    }
}

/// How fast each address opens connections: a bucket that holds two seconds' worth.
#[derive(Debug)]
struct Pace {
    spacing: Duration,
    /// How far ahead of the steady pace an address may be.
    ahead: Duration,
    /// When each bucket is full again.
    full_at: BTreeMap<IpAddr, Moment>,
    swept_at: Moment,
}

impl Pace {
    fn new(per_second: u32) -> Self {
        let spacing = Duration::from_secs(1) / per_second.max(1);
        let ahead = Duration::from_secs(2).saturating_sub(spacing);
        Self { spacing, ahead, full_at: BTreeMap::new(), swept_at: Duration::ZERO }
    }

    fn take(&mut self, of: IpAddr, now: Moment) -> Result<(), Shed> {
        self.sweep(now);
        let known = self.full_at.get(&of).copied();
        if known.is_none() && self.full_at.len() >= MAX_ADDRESSES {
            return Err(Shed::Full);
        }
        let full_at = known.unwrap_or(now).max(now);
        if full_at - now > self.ahead {
            return Err(Shed::AddressBusy);
        }
        self.full_at.insert(of, full_at + self.spacing);
        Ok(())
    }

    fn sweep(&mut self, now: Moment) {
        if now >= self.swept_at + SWEEP {
            self.full_at.retain(|_, full_at| *full_at > now);
            self.swept_at = now;
        }
    }
}

#[cfg(test)]
mod tests;
