//! The wire over TCP: a loopback port that leads to another one.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
};

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use super::{
    FaultWire,
    line::{Carrier, Fate},
};

/// An open way in. Dropping it closes the port; connections that stand go on.
#[derive(Debug)]
pub struct Passage {
    address: SocketAddr,
    listening: JoinHandle<()>,
}

impl Passage {
    /// Where clients connect: a free port of 127.0.0.1.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Passage {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

impl FaultWire {
    /// Listens on a free loopback port and leads every connection through this wire to `server`. TLS passes as it is:
    /// the client must expect the server's certificate.
    pub async fn listen(&self, server: SocketAddr) -> io::Result<Passage> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let wire = self.clone();
        let listening = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(lead(wire.clone(), client, server));
            }
        });
        Ok(Passage { address, listening })
    }
}

/// Carries one connection until it ends. Its errors are the two sides' to see.
async fn lead(wire: FaultWire, mut client: TcpStream, server: SocketAddr) {
    let Ok(carrier) = TcpStream::connect(server).await else {
        return;
    };
    // Small pieces must not wait for each other: where they break is the wire's to say.
    let _ = (client.set_nodelay(true), carrier.set_nodelay(true));
    let Ok(mut line) = wire.through(|| carrier) else {
        return client.reset();
    };
    let _ = copy_bidirectional(&mut client, &mut line).await;
    if line.fate() == Fate::Reset {
        client.reset();
    }
}
