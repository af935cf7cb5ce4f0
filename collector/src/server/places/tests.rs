use std::net::{Ipv4Addr, Ipv6Addr};

use super::*;

const ROOM: Room = Room { connections: 16, per_address: 6, new_per_address: 50 };

fn v4(n: u8) -> IpAddr {
    Ipv4Addr::new(10, 0, 0, n).into()
}

fn at(millis: u64) -> Moment {
    Duration::from_millis(millis)
}

fn rings(bell: &Arc<Notify>) -> bool {
    use std::future::Future as _;
    let waiting = std::pin::pin!(bell.notified());
    waiting.poll(&mut std::task::Context::from_waker(std::task::Waker::noop())).is_ready()
}

fn rung(places: &[Place]) -> Vec<usize> {
    (0..places.len()).filter(|n| rings(&places[*n].bell())).collect()
}

#[test]
fn whoever_finds_no_place_is_sent_away_and_a_place_that_is_left_is_free_again() {
    let places = Places::new(ROOM);
    let mut taken: Vec<_> = (0..16).map(|n| places.admit(v4(n), at(0)).unwrap()).collect();
    assert_eq!(places.admit(v4(99), at(0)).unwrap_err(), Shed::Full);
    assert_eq!(places.admit_proxy(v4(99), at(0)).unwrap_err(), Shed::Full);
    taken.pop();
    assert!(places.admit(v4(99), at(0)).is_ok());
}

#[test]
fn one_address_has_only_its_share_and_nobody_else_pays() {
    let places = Places::new(ROOM);
    let taken: Vec<_> = (0..6).map(|_| places.admit(v4(1), at(0)).unwrap()).collect();
    assert_eq!(places.admit(v4(1), at(0)).unwrap_err(), Shed::AddressBusy);
    let mapped: IpAddr = "::ffff:10.0.0.1".parse().unwrap();
    assert_eq!(places.admit(mapped, at(0)).unwrap_err(), Shed::AddressBusy, "the same address");
    assert!(places.admit(v4(2), at(0)).is_ok());
    drop(taken);
    assert!(places.admit(v4(1), at(0)).is_ok());
}

#[test]
fn the_addresses_of_one_ipv6_host_are_one() {
    let places = Places::new(ROOM);
    let host = |n: u16| IpAddr::from(Ipv6Addr::new(0x2001, 0xdb8, 0, 7, 0, 0, 0, n));
    let _taken: Vec<_> = (0..6).map(|n| places.admit(host(n), at(0)).unwrap()).collect();
    assert_eq!(places.admit(host(99), at(0)).unwrap_err(), Shed::AddressBusy);
    let neighbour = Ipv6Addr::new(0x2001, 0xdb8, 0, 8, 0, 0, 0, 1).into();
    assert!(places.admit(neighbour, at(0)).is_ok());
}

/// How many of `tries` connections, each closed at once, an address gets at a moment.
fn opened(places: &Places, from: IpAddr, tries: usize, now: Moment) -> usize {
    (0..tries).filter(|_| places.admit(from, now).is_ok()).count()
}

#[test]
fn an_address_opens_a_hundred_at_once_and_then_fifty_a_second() {
    let places = Places::new(ROOM);
    assert_eq!(opened(&places, v4(1), 500, at(1000)), 100);
    assert_eq!(opened(&places, v4(1), 500, at(1019)), 0);
    assert_eq!(opened(&places, v4(1), 500, at(1020)), 1);
    assert_eq!(opened(&places, v4(1), 500, at(2020)), 50);
    assert_eq!(opened(&places, v4(2), 500, at(2020)), 100, "nobody else pays");
    let steady: usize = (0..600).map(|n| opened(&places, v4(1), 9, at(3000 + 100 * n))).sum();
    assert!((3000..3100).contains(&steady), "{steady} in a minute");
}

#[test]
fn a_proxy_has_as_many_as_it_wants_and_its_clients_their_share() {
    let places = Places::new(ROOM);
    let mut taken: Vec<_> = (0..12).map(|_| places.admit_proxy(v4(9), at(0)).unwrap()).collect();
    for place in &taken[..6] {
        assert_eq!(place.is_of(v4(1), at(0)), Ok(()));
    }
    assert_eq!(taken[6].is_of(v4(1), at(0)), Err(Shed::AddressBusy));
    assert_eq!(taken[6].is_of(v4(2), at(0)), Ok(()));
    taken.remove(0);
    assert_eq!(taken[6].is_of(v4(1), at(0)), Ok(()), "the place was the client's");
    drop(taken);
    let book = places.book();
    assert!(book.seats.is_empty() && book.guests.is_empty(), "{book:?}");
}

#[test]
fn a_crowded_collector_takes_back_the_oldest_of_the_most_crowded_address() {
    let places = Places::new(ROOM);
    let quiet = places.admit(v4(1), at(0)).unwrap();
    let crowd: Vec<_> = (1..7).map(|n| places.admit(v4(2), at(n)).unwrap()).collect();
    let more: Vec<_> = (0..6).map(|n| places.admit(v4(10 + n), at(8)).unwrap()).collect();
    assert_eq!(rung(&crowd), [0; 0], "three quarters are taken, and not more");
    let _late = places.admit(v4(50), at(2001)).unwrap();
    assert_eq!(rung(&crowd), [0]);
    let _later = places.admit(v4(51), at(2002)).unwrap();
    assert_eq!(rung(&crowd), [1], "the next one is the next oldest");
    assert!(rung(&more).is_empty() && !rings(&quiet.bell()));
}

#[test]
fn nobody_is_ended_who_has_delivered_or_just_came() {
    let places = Places::new(ROOM);
    let busy: Vec<_> = (0..6).map(|_| places.admit(v4(1), at(0)).unwrap()).collect();
    busy.iter().for_each(|place| place.delivery().is_made());
    let young: Vec<_> = (0..6).map(|_| places.admit(v4(2), at(1000)).unwrap()).collect();
    let _others = [places.admit(v4(3), at(1000)).unwrap(), places.admit(v4(4), at(2999)).unwrap()];
    assert!(rung(&busy).is_empty() && rung(&young).is_empty());
    let _other = places.admit(v4(5), at(3000)).unwrap();
    assert!(rung(&busy).is_empty());
    assert_eq!(rung(&young), [0]);
    places.make_room(at(3000));
    assert_eq!(rung(&young), [1]);
}

#[test]
fn a_place_that_is_taken_back_is_free_at_once_and_only_once() {
    let places = Places::new(ROOM);
    let silent: Vec<_> = (0..16).map(|n| places.admit(v4(n / 4), at(0)).unwrap()).collect();
    assert_eq!(places.admit(v4(99), at(1999)).unwrap_err(), Shed::Full);
    let honest = places.admit(v4(99), at(2000)).unwrap();
    assert_eq!(rung(&silent), [0]);
    assert_eq!(places.book().seats.len(), 16);
    drop(silent);
    assert_eq!(places.book().seats.len(), 1);
    drop(honest);
    assert!(places.book().guests.is_empty());
}

#[test]
fn the_pace_of_so_many_addresses_is_remembered_and_no_more() {
    let mut pace = Pace::new(50);
    let address = |n: u32| IpAddr::from(Ipv4Addr::from_bits(n));
    for n in 0..u32::try_from(MAX_ADDRESSES).unwrap() {
        assert_eq!(pace.take(address(n), at(1000)), Ok(()));
    }
    assert_eq!(pace.take(address(u32::MAX), at(1010)), Err(Shed::Full));
    assert_eq!(pace.take(address(0), at(1010)), Ok(()), "who is known is not shed");
    assert_eq!(pace.take(address(u32::MAX), at(2010)), Ok(()));
    assert_eq!(pace.full_at.len(), 1, "the others have paused for long enough");
}
