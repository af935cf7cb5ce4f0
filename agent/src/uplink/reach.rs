//! A connection to a collector, straight or through the proxy, before any word of TLS.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use super::proxy::{self, Proxy, ProxyError};
use super::{CONNECT, ExchangeError};
use crate::address::Address;

/// Whatever way leads to `collector`, open.
pub(crate) async fn reach(
    collector: &Address,
    proxy: Option<&Proxy>,
) -> Result<TcpStream, ExchangeError> {
    match proxy {
        None => connect(collector).await.map_err(ExchangeError::Connect),
        Some(proxy) => {
            through(proxy, collector).await.map_err(|error| ExchangeError::Proxy(Box::new(error)))
        }
    }
}

async fn through(proxy: &Proxy, collector: &Address) -> Result<TcpStream, ProxyError> {
    let address = proxy.address();
    let mut stream = connect(address)
        .await
        .map_err(|error| ProxyError::Connect { proxy: address.clone(), error })?;
    proxy::open(&mut stream, proxy, collector).await?;
    Ok(stream)
}

/// Connects to the first of a name's addresses that answers. Each has a share of the time: where
/// the way to one leads nowhere, as IPv6 often does, the others must still have their turn.
async fn connect(address: &Address) -> io::Result<TcpStream> {
    let found = resolve(address).await?;
    let stream = first_reached(found.into_iter(), CONNECT / 3).await?;
    // A contact is a few small writes, each of which waits for an answer.
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// The addresses of a name, or the address itself.
pub(crate) async fn resolve(address: &Address) -> io::Result<Vec<SocketAddr>> {
    Ok(lookup_host((address.host(), address.port())).await?.collect())
}

async fn first_reached(
    addresses: impl Iterator<Item = SocketAddr>,
    share: Duration,
) -> io::Result<TcpStream> {
    let mut failed = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in addresses {
        failed = match timeout(share, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => error,
            Err(_) => io::ErrorKind::TimedOut.into(),
        };
    }
    Err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_address_that_leads_nowhere_leaves_the_others_their_turn() {
        let full = tokio::net::TcpSocket::new_v4().unwrap();
        full.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let full = full.listen(1).unwrap();
        let nowhere = full.local_addr().unwrap();
        let share = Duration::from_millis(50);
        // Once nobody fetches them, connections are no longer answered at all.
        let mut waiting = Vec::new();
        while let Ok(Ok(stream)) = timeout(share, TcpStream::connect(nowhere)).await {
            waiting.push(stream);
        }
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let somewhere = listener.local_addr().unwrap();
        let reached = first_reached([nowhere, somewhere].into_iter(), share).await.unwrap();
        assert_eq!(reached.peer_addr().unwrap(), somewhere);
        let lost = first_reached([nowhere].into_iter(), share).await.unwrap_err();
        assert_eq!(lost.kind(), io::ErrorKind::TimedOut);
        let none = first_reached([].into_iter(), share).await.unwrap_err();
        assert_eq!(none.kind(), io::ErrorKind::NotFound);
    }

    #[tokio::test]
    async fn a_connection_sends_small_writes_at_once() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string().parse().unwrap();
        let stream = reach(&address, None).await.unwrap();
        assert!(stream.nodelay().unwrap());
    }
}
