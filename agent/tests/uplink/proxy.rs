//! A proxy as offices have them: it makes tunnels, or says why not.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use agent::uplink::proxy::Proxy;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

/// What it heard of one connection.
#[derive(Clone, Debug, Default)]
pub(crate) struct Heard {
    /// The head of the question, as it came.
    pub(crate) head: String,
    /// The first bytes that went through the tunnel.
    pub(crate) first: Vec<u8>,
}

pub(crate) struct OfficeProxy {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    heard: Mutex<Vec<Heard>>,
    /// What it answers in place of a tunnel to these.
    refuses: Mutex<Vec<(SocketAddr, &'static str)>>,
}

impl OfficeProxy {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared { heard: Mutex::default(), refuses: Mutex::default() });
        tokio::spawn(serve(listener, Arc::clone(&shared)));
        Self { address, shared }
    }

    /// From now on the way to `collector` is refused with this status line and these headers.
    pub(crate) fn refuses(&self, collector: SocketAddr, answer: &'static str) {
        self.shared.refuses.lock().unwrap().push((collector, answer));
    }

    pub(crate) fn proxy(&self, user: &str) -> Option<Proxy> {
        Some(format!("http://{user}{}", self.address).parse().unwrap())
    }

    pub(crate) fn heard(&self) -> Vec<Heard> {
        self.shared.heard.lock().unwrap().clone()
    }

    /// Where it was asked to lead, in order.
    pub(crate) fn asked(&self) -> Vec<String> {
        let heard = self.heard().into_iter();
        heard.map(|heard| heard.head.split(' ').nth(1).unwrap().to_owned()).collect()
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        tokio::spawn(serve_one(stream, Arc::clone(&shared)));
    }
}

async fn serve_one(mut client: TcpStream, shared: Arc<Shared>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap();
    let target: SocketAddr = head.split(' ').nth(1).unwrap().parse().unwrap();
    let index = {
        let mut heard = shared.heard.lock().unwrap();
        heard.push(Heard { head, first: Vec::new() });
        heard.len() - 1
    };
    let refusal = {
        let refuses = shared.refuses.lock().unwrap();
        refuses.iter().find(|(refused, _)| *refused == target).map(|(_, answer)| *answer)
    };
    if let Some(answer) = refusal {
        let answer = format!("HTTP/1.1 {answer}\r\nContent-Length: 0\r\n\r\n");
        client.write_all(answer.as_bytes()).await.unwrap();
        return;
    }
    let mut collector = TcpStream::connect(target).await.unwrap();
    client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.unwrap();
    let mut first = vec![0; 3];
    client.read_exact(&mut first).await.unwrap();
    collector.write_all(&first).await.unwrap();
    shared.heard.lock().unwrap()[index].first = first;
    // However the tunnel ends, the proxy has nothing to say about it.
    let _ = copy_bidirectional(&mut client, &mut collector).await;
}
