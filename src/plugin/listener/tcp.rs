//! A port of the loopback address, for systems without socket files.

use std::io;

use tokio::net::{TcpListener, TcpStream};

use super::{Address, ListenError};
use crate::plugin::handshake::Place;

/// Listens as long as it lives.
pub(crate) struct Listener {
    listener: TcpListener,
    address: std::net::SocketAddr,
}

impl Listener {
    /// Binds the first free port of the range, within a Tokio runtime.
    pub(crate) fn bind(place: &Place) -> Result<Self, ListenError> {
        let (first, last) = place.ports;
        let (listener, address) =
            bind_first(first, last).map_err(|source| ListenError::Ports { first, last, source })?;
        Ok(Self { listener, address })
    }

    pub(crate) const fn address(&self) -> Address {
        Address::Tcp(self.address)
    }

    pub(crate) async fn accept(&self) -> io::Result<TcpStream> {
        let (stream, _) = self.listener.accept().await?;
        // Answers are small and waited for one by one.
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}

fn bind_first(first: u16, last: u16) -> io::Result<(TcpListener, std::net::SocketAddr)> {
    let mut result = Err(io::Error::new(io::ErrorKind::InvalidInput, "the range is empty"));
    for port in first..=last {
        result = bind_port(port);
        if result.is_ok() {
            break;
        }
    }
    result
}

fn bind_port(port: u16) -> io::Result<(TcpListener, std::net::SocketAddr)> {
    let listener = std::net::TcpListener::bind(("127.0.0.1", port))?;
    let address = listener.local_addr()?;
    listener.set_nonblocking(true)?;
    Ok((TcpListener::from_std(listener)?, address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_next_port_is_taken_when_one_is_not_free() {
        let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        let only = Place {
            ports: (port, port),
            ..Place::default()
        };
        assert!(matches!(Listener::bind(&only), Err(ListenError::Ports { .. })));
        let more = Place {
            ports: (port, u16::MAX),
            ..Place::default()
        };
        let listener = Listener::bind(&more).unwrap();
        let Address::Tcp(address) = listener.address() else {
            panic!("a port")
        };
        assert!(address.ip().is_loopback() && address.port() > port);
        let (stream, accepted) = tokio::join!(TcpStream::connect(address), listener.accept());
        assert!(stream.is_ok());
        assert!(accepted.unwrap().nodelay().unwrap());
    }

    #[tokio::test]
    async fn an_empty_range_is_an_error() {
        let empty = Place {
            ports: (2, 1),
            ..Place::default()
        };
        assert!(matches!(Listener::bind(&empty), Err(ListenError::Ports { .. })));
    }
}
