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
    /// The earliest time at which each place stands in the heap.
    queued: Vec<Timestamp>,
}

impl Queue {
    /// Places in their order, each with its turn.
    pub(super) fn new(turns: impl Iterator<Item = Option<Timestamp>>) -> Self {
        let queued: Vec<_> = turns.map(|turn| turn.unwrap_or(NEVER)).collect();
        let all = queued.iter().zip(0_u32..).filter(|(turn, _)| **turn != NEVER);
        let heap = all.map(|(turn, place)| Reverse((*turn, place))).collect();
        Self { heap, queued }
    }

    /// One place more, which never turns.
    pub(super) fn push(&mut self) {
        self.queued.push(NEVER);
    }

    /// A place turns at this time; what was put off is asked for when it is [due](Self::due).
    pub(super) fn set(&mut self, place: usize, turns: Option<Timestamp>) {
        let turns = turns.unwrap_or(NEVER);
        if let (true, Ok(number)) = (turns < self.queued[place], u32::try_from(place)) {
            self.queued[place] = turns;
            self.heap.push(Reverse((turns, number)));
        }
    }

    /// The next place whose turn has come by now; it stands in the queue no more. `turns` says when
    /// a place turns.
    pub(super) fn due(
        &mut self,
        now: Timestamp,
        turns: impl Fn(usize) -> Option<Timestamp>,
    ) -> Option<usize> {
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
            match turns(place) {
                Some(turn) if turn <= now => return Some(place),
                later => self.set(place, later),
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A queue with the turns of its places.
    struct World(Queue, Vec<Option<Timestamp>>);

    impl World {
        fn new(turns: &[i64]) -> Self {
            let turns: Vec<_> = turns.iter().map(|turn| at(*turn)).collect();
            Self(Queue::new(turns.iter().copied()), turns)
        }

        fn set(&mut self, place: usize, turn: i64) {
            self.1[place] = at(turn);
            self.0.set(place, at(turn));
        }

        fn due(&mut self, now: i64) -> Vec<usize> {
            let Self(queue, turns) = self;
            std::iter::from_fn(|| queue.due(Timestamp(now), |place| turns[place])).collect()
        }
    }

    fn at(at: i64) -> Option<Timestamp> {
        (at > 0).then_some(Timestamp(at))
    }

    #[test]
    fn each_place_comes_when_its_turn_has_come_and_once() {
        let mut world = World::new(&[30, 0, 10, 20]);
        assert!(world.due(9).is_empty());
        let mut judged = |now: i64| {
            let due = world.due(now);
            due.iter().for_each(|place| world.1[*place] = None);
            due
        };
        assert_eq!(judged(20), [2, 3]);
        assert!(judged(20).is_empty());
        assert_eq!(judged(1_000_000), [0]);
    }

    #[test]
    fn a_turn_that_was_put_off_comes_later_and_one_that_was_moved_forward_earlier() {
        let mut world = World::new(&[10, 10, 90, 0]);
        world.set(0, 50);
        world.set(0, 40);
        world.set(1, 0);
        world.set(2, 20);
        world.set(3, 30);
        assert_eq!(world.due(39), [2, 3]);
        assert_eq!(world.due(40), [0]);
        assert!(world.due(1000).is_empty());
    }

    #[test]
    fn putting_off_costs_nothing_however_often() {
        let mut world = World::new(&[10]);
        (0..1000).for_each(|more| world.set(0, 20 + more));
        assert_eq!(world.0.heap.len(), 1);
        assert_eq!((world.due(1018), world.due(1019)), (vec![], vec![0]));
    }

    #[test]
    fn a_place_that_came_later_is_queued_like_any_other() {
        let mut world = World::new(&[]);
        world.0.push();
        world.1.push(None);
        world.set(0, 5);
        assert_eq!(world.due(5), [0]);
    }
}
