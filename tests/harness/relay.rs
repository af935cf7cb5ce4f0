//! A relay on loopback that passes everything on, counts it, and can be cut.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::Dice;

/// Stands before a server; its threads end with the test.
#[derive(Debug)]
pub struct Relay {
    /// Where it listens.
    pub address: SocketAddr,
    wires: Arc<Mutex<Wires>>,
}

#[derive(Debug, Default)]
struct Wires {
    connections: Vec<Counted>,
    /// Both sides of those that are not over, by their number.
    open: BTreeMap<usize, [TcpStream; 2]>,
}

/// What one connection carried.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counted {
    /// Bytes towards the server.
    pub up: u64,
    /// Bytes towards the client.
    pub down: u64,
    /// How many of its two ways are at their end.
    ended: u8,
}

impl Counted {
    /// Whether both sides have said goodbye.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.ended == 2
    }
}

#[derive(Clone, Copy)]
enum Way {
    Up,
    Down,
}

impl Relay {
    /// Begins to relay.
    ///
    /// # Panics
    /// When there is no free port.
    #[must_use]
    pub fn before(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("its address");
        let wires = Arc::default();
        let relayed = Arc::clone(&wires);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                serve(client, server, &relayed);
            }
        });
        Self { address, wires }
    }

    /// What the connections carried so far, oldest first.
    ///
    /// # Panics
    /// When counting did.
    #[must_use]
    pub fn connections(&self) -> Vec<Counted> {
        self.wires.lock().expect("the count").connections.clone()
    }

    /// Cuts one in so many of the connections that are open; says how many that were.
    ///
    /// # Panics
    /// When counting did.
    pub fn cut(&self, dice: &mut Dice, one_in: u64) -> usize {
        let wires = self.wires.lock().expect("the count");
        let unlucky = wires.open.values().filter(|_| dice.below(one_in) == 0);
        let cut = unlucky.map(|sides| sides.each_ref().map(|side| side.shutdown(Shutdown::Both)));
        cut.count()
    }
}

fn serve(client: TcpStream, server: SocketAddr, wires: &Arc<Mutex<Wires>>) {
    // A server that is not there: the client sees its connection closed.
    let Ok(server) = TcpStream::connect(server) else {
        return;
    };
    let handle = |stream: &TcpStream| stream.try_clone().expect("a handle");
    let (back, forth) = (handle(&client), handle(&server));
    let index = {
        let mut wires = wires.lock().expect("the count");
        let index = wires.connections.len();
        wires.connections.push(Counted::default());
        wires.open.insert(index, [handle(&client), handle(&server)]);
        index
    };
    let (up, down) = (Arc::clone(wires), Arc::clone(wires));
    thread::spawn(move || pass_on(client, forth, Way::Up, index, &up));
    thread::spawn(move || pass_on(server, back, Way::Down, index, &down));
}

fn pass_on(mut from: TcpStream, mut to: TcpStream, way: Way, index: usize, wires: &Mutex<Wires>) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        let mut wires = wires.lock().expect("the count");
        let counted = &mut wires.connections[index];
        match way {
            Way::Up => counted.up += length as u64,
            Way::Down => counted.down += length as u64,
        }
        drop(wires);
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
    let mut wires = wires.lock().expect("the count");
    wires.connections[index].ended += 1;
    if wires.connections[index].is_over() {
        wires.open.remove(&index);
    }
}
