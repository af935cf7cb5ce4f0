//! A relay on loopback that passes everything on and counts it.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// Stands before a server; its threads end with the test.
#[derive(Debug)]
pub struct Relay {
    /// Where it listens.
    pub address: SocketAddr,
    connections: Arc<Mutex<Vec<Counted>>>,
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
        let connections = Arc::new(Mutex::new(Vec::new()));
        let counted = Arc::clone(&connections);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                serve(client, server, &counted);
            }
        });
        Self { address, connections }
    }

    /// What the connections carried so far, oldest first.
    ///
    /// # Panics
    /// When counting did.
    #[must_use]
    pub fn connections(&self) -> Vec<Counted> {
        self.connections.lock().expect("the count").clone()
    }
}

fn serve(client: TcpStream, server: SocketAddr, counted: &Arc<Mutex<Vec<Counted>>>) {
    // A server that is not there: the client sees its connection closed.
    let Ok(server) = TcpStream::connect(server) else {
        return;
    };
    let index = {
        let mut counted = counted.lock().expect("the count");
        counted.push(Counted::default());
        counted.len() - 1
    };
    let (back, forth) =
        (client.try_clone().expect("a handle"), server.try_clone().expect("a handle"));
    let (up, down) = (Arc::clone(counted), Arc::clone(counted));
    thread::spawn(move || pass_on(client, forth, Way::Up, index, &up));
    thread::spawn(move || pass_on(server, back, Way::Down, index, &down));
}

fn pass_on(
    mut from: TcpStream,
    mut to: TcpStream,
    way: Way,
    index: usize,
    counted: &Mutex<Vec<Counted>>,
) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        let mut counted = counted.lock().expect("the count");
        match way {
            Way::Up => counted[index].up += length as u64,
            Way::Down => counted[index].down += length as u64,
        }
        drop(counted);
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
    counted.lock().expect("the count")[index].ended += 1;
}
