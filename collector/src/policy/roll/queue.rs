//! When to look at whom again.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use report::Timestamp;

use crate::policy::hourglass::NEVER;

/// The places of a roll by when they turn. A place whose turn was put off stays where it is and is
/// put off when its old turn comes: a machine that is heard of every quarter of an hour costs the
/// queue nothing.
#[derive(Debug)]
pub(super) struct Queue {
    heap: BinaryHeap<Reverse<(Timestamp, u32)>>,
    /// When each place turns.
    turns: Vec<Timestamp>,
    /// The earliest time at which each place stands in the heap.
    queued: Vec<Timestamp>,
}

impl Queue {
    /// Places in their order, each with its turn.
    pub(super) fn new(turns: impl Iterator<Item = Option<Timestamp>>) -> Self {
        let turns: Vec<_> = turns.map(|turn| turn.unwrap_or(NEVER)).collect();
        let all = turns.iter().zip(0_u32..).filter(|(turn, _)| **turn != NEVER);
        let heap = all.map(|(turn, place)| Reverse((*turn, place))).collect();
        Self { heap, queued: turns.clone(), turns }
    }

    /// One place more, which never turns.
    pub(super) fn push(&mut self) {
        self.turns.push(NEVER);
        self.queued.push(NEVER);
    }

    /// A place turns at another time.
    pub(super) fn set(&mut self, place: usize, turns: Option<Timestamp>) {
        let turns = turns.unwrap_or(NEVER);
        self.turns[place] = turns;
        if turns < self.queued[place] {
            self.enqueue(place);
        }
    }

    fn enqueue(&mut self, place: usize) {
        self.queued[place] = self.turns[place];
        if let (false, Ok(number)) = (self.turns[place] == NEVER, u32::try_from(place)) {
            self.heap.push(Reverse((self.turns[place], number)));
        }
    }

    /// The next place whose turn has come; it stands in the queue no more.
    pub(super) fn due(&mut self, now: Timestamp) -> Option<usize> {
        while let Some(Reverse((at, number))) = self.heap.peek().copied()
            && at <= now
        {
            self.heap.pop();
            let place = number as usize;
            if self.queued[place] != at {
                // It was moved forward since.
                continue;
            }
            self.queued[place] = NEVER;
            if self.turns[place] <= now {
                return Some(place);
            }
            self.enqueue(place);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(queue: &mut Queue, now: i64) -> Vec<usize> {
        std::iter::from_fn(|| queue.due(Timestamp(now))).collect()
    }

    fn at(at: i64) -> Option<Timestamp> {
        Some(Timestamp(at))
    }

    #[test]
    fn each_place_comes_when_its_turn_has_come_and_once() {
        let mut queue = Queue::new([at(30), None, at(10), at(20)].into_iter());
        assert!(due(&mut queue, 9).is_empty());
        assert_eq!(due(&mut queue, 20), [2, 3]);
        assert!(due(&mut queue, 20).is_empty());
        assert_eq!(due(&mut queue, 1_000_000), [0]);
    }

    #[test]
    fn a_turn_that_was_put_off_comes_later_and_one_that_was_moved_forward_earlier() {
        let mut queue = Queue::new([at(10), at(10), at(90)].into_iter());
        queue.set(0, at(50));
        queue.set(0, at(40));
        queue.set(1, None);
        queue.set(2, at(20));
        queue.push();
        queue.set(3, at(30));
        assert_eq!(due(&mut queue, 39), [2, 3]);
        assert_eq!(due(&mut queue, 40), [0]);
        assert!(due(&mut queue, 1000).is_empty());
    }

    #[test]
    fn putting_off_costs_nothing_however_often() {
        let mut queue = Queue::new([at(10)].into_iter());
        (0..1000).for_each(|more| queue.set(0, at(20 + more)));
        assert_eq!(queue.heap.len(), 1);
        assert_eq!((due(&mut queue, 1018), due(&mut queue, 1019)), (vec![], vec![0]));
    }
}
