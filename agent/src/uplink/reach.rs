//! A connection to a collector, straight or through the proxy, before any word of TLS.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use super::proxy::{self, Proxy, ProxyError};
use super::{ExchangeError, within};
use crate::address::Address;
use crate::clock;

/// Whatever way leads to `collector`, open, within the `limit`.
pub(crate) async fn reach(
    collector: &Address,
    proxy: Option<&Proxy>,
    limit: Duration,
) -> Result<TcpStream, ExchangeError> {
    within(limit, async {
        match proxy {
            None => connect(collector, limit).await.map_err(ExchangeError::Connect),
            Some(proxy) => through(proxy, collector, limit)
                .await
                .map_err(|error| ExchangeError::Proxy(Box::new(error))),
        }
    })
    .await
}

async fn through(
    proxy: &Proxy,
    collector: &Address,
    limit: Duration,
) -> Result<TcpStream, ProxyError> {
    let address = proxy.address();
    let mut stream = connect(address, limit)
        .await
        .map_err(|error| ProxyError::Connect { proxy: address.clone(), error })?;
    proxy::open(&mut stream, proxy, collector).await?;
    Ok(stream)
}

/// Connects to the first of a name's addresses that answers, looking for them included.
async fn connect(address: &Address, limit: Duration) -> io::Result<TcpStream> {
    let began = clock::read();
    let found = resolve(address).await?;
    let left = limit.saturating_sub(clock::read().since(&began));
    let stream = first_reached(&found, left).await?;
    // A contact is a few small writes, each of which waits for an answer.
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// The addresses of a name, or the address itself.
pub(crate) async fn resolve(address: &Address) -> io::Result<Vec<SocketAddr>> {
    Ok(lookup_host((address.host(), address.port())).await?.collect())
}

/// Each address has an equal share of the time that is left: where the way to one leads nowhere, as
/// IPv6 often does, all others still have their turn, and a single slow one has all the time.
async fn first_reached(addresses: &[SocketAddr], limit: Duration) -> io::Result<TcpStream> {
    let began = clock::read();
    let mut failed = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for (address, waiting) in addresses.iter().zip((1..=addresses.len()).rev()) {
        let left = limit.saturating_sub(clock::read().since(&began));
        failed = match timeout(share(left, waiting), TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => error,
            Err(_) => io::ErrorKind::TimedOut.into(),
        };
    }
    Err(failed)
}

fn share(left: Duration, waiting: usize) -> Duration {
    left / u32::try_from(waiting).unwrap_or(u32::MAX).max(1)
}

#[cfg(test)]
pub(crate) mod tests {
    use tokio::net::{TcpListener, TcpSocket};

    use super::*;

    /// Long enough for a way that leads somewhere.
    const LIMIT: Duration = Duration::from_secs(2);

    /// An address where connections are neither taken nor refused, as long as this is kept.
    pub(crate) struct BlackHole {
        pub(crate) address: SocketAddr,
        _waiting: Vec<TcpStream>,
        _full: TcpListener,
    }

    impl BlackHole {
        /// Once nobody fetches them, connections are no longer answered at all.
        pub(crate) async fn open() -> Self {
            let full = TcpSocket::new_v4().unwrap();
            full.bind("127.0.0.1:0".parse().unwrap()).unwrap();
            let full = full.listen(1).unwrap();
            let address = full.local_addr().unwrap();
            let mut waiting = Vec::new();
            let patience = Duration::from_millis(50);
            while let Ok(Ok(stream)) = timeout(patience, TcpStream::connect(address)).await {
                waiting.push(stream);
            }
            Self { address, _waiting: waiting, _full: full }
        }
    }

    async fn somewhere() -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        (listener, address)
    }

    #[tokio::test]
    async fn addresses_that_lead_nowhere_leave_the_others_their_turn() {
        let nowhere = BlackHole::open().await;
        let (_listener, somewhere) = somewhere().await;
        for dead in [1, 3] {
            let mut addresses = vec![nowhere.address; dead];
            addresses.push(somewhere);
            let reached = within(LIMIT, async {
                first_reached(&addresses, LIMIT).await.map_err(ExchangeError::Connect)
            });
            assert_eq!(reached.await.unwrap().peer_addr().unwrap(), somewhere, "{dead} dead");
        }
    }

    #[tokio::test]
    async fn why_nobody_was_reached_is_told() {
        let nowhere = BlackHole::open().await;
        let lost = first_reached(&[nowhere.address], Duration::from_millis(50)).await.unwrap_err();
        assert_eq!(lost.kind(), io::ErrorKind::TimedOut);
        let none = first_reached(&[], LIMIT).await.unwrap_err();
        assert_eq!(none.kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn what_is_left_is_shared_by_those_that_are_left() {
        let seconds = Duration::from_secs;
        assert_eq!(share(seconds(10), 1), seconds(10), "the only one has all of it");
        assert_eq!(share(seconds(10), 5), seconds(2));
        assert_eq!(share(Duration::ZERO, 1), Duration::ZERO);
    }

    #[tokio::test]
    async fn a_connection_sends_small_writes_at_once() {
        let (_listener, somewhere) = somewhere().await;
        let address = somewhere.to_string().parse().unwrap();
        let stream = reach(&address, None, LIMIT).await.unwrap();
        assert!(stream.nodelay().unwrap());
    }
}
