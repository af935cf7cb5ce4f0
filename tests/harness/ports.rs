//! Ports that are nobody else's while this process lives, and whom a connection comes from.

use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr as Name, UnixListener};
use std::sync::Mutex;

/// Below the ports the kernel gives to whoever connects: no client takes one meanwhile.
const RANGE: std::ops::Range<u16> = 20_000..32_768;

/// What says to every other test that a port is taken. The kernel forgets a name with the
/// process that held it, however that ended.
static TAKEN: Mutex<Vec<UnixListener>> = Mutex::new(Vec::new());

/// A port on loopback that is free and stays so until it is listened on: no test that runs beside
/// this one is given the same.
///
/// # Panics
/// When there is none.
#[must_use]
pub fn free_port() -> SocketAddr {
    // Each process looks from a place of its own, so that few names are asked for twice.
    let offset = u16::try_from(std::process::id() % 12_000).expect("a port");
    RANGE
        .cycle()
        .skip(usize::from(offset))
        .take(RANGE.len())
        .find_map(reserve)
        .expect("a free port")
}

fn reserve(port: u16) -> Option<SocketAddr> {
    let name = Name::from_abstract_name(format!("lachan-test-port-{port}")).expect("a short name");
    let mark = UnixListener::bind_addr(&name).ok()?;
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    TcpListener::bind(address).ok()?;
    TAKEN.lock().expect("nobody panics while it is held").push(mark);
    Some(address)
}

/// A connection from one of this host's addresses: every address in 127.0.0.0/8 is one.
///
/// # Errors
/// When nobody listens, or the address is another host's.
pub fn connect_from(source: IpAddr, to: SocketAddr) -> std::io::Result<TcpStream> {
    use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, connect, socket_with};
    let (family, flags) = (AddressFamily::INET, SocketFlags::CLOEXEC);
    let socket = socket_with(family, SocketType::STREAM, flags, None)?;
    bind(&socket, &SocketAddr::new(source, 0))?;
    connect(&socket, &to)?;
    Ok(socket.into())
}
