//! The sockets of the data plane: which addresses are bound, and that a port is had whole or not at all.
//!
//! The danger is a default that differs from one system to another: an empty host that means loopback here and
//! every interface there. So each address is spelt out, and a socket for IPv6 never takes IPv4 along by itself.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use domain::{Failure, FailureKind};
use socket2::SockRef;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_util::sync::{CancellationToken, DropGuard};

/// Connections that wait to be accepted.
const BACKLOG: u32 = 1024;
/// What the system may hold of an answer that is not read yet, per connection. Left to itself it takes up to 4 MiB
/// on loopback, and we as much again, because an answer is read from its provider as fast as it leaves (REL-07).
const SEND_BUFFER: u32 = 32 << 10;
const LOOPBACK: [IpAddr; 2] = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
const EVERYWHERE: [IpAddr; 2] = [
    IpAddr::V4(Ipv4Addr::UNSPECIFIED),
    IpAddr::V6(Ipv6Addr::UNSPECIFIED),
];

/// The sockets of one port: IPv4, and IPv6 where this machine has it.
pub struct Listeners {
    v4: TcpListener,
    v6: Option<TcpListener>,
    port: u16,
    open: DropGuard,
}

impl Listeners {
    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Fires when nothing listens there any more.
    pub(super) fn closed(&self) -> CancellationToken {
        self.open.token().clone()
    }

    pub(super) async fn accept(&self) -> std::io::Result<(TcpStream, SocketAddr)> {
        let Some(v6) = &self.v6 else {
            return self.v4.accept().await;
        };
        tokio::select! {
            accepted = self.v4.accept() => accepted,
            accepted = v6.accept() => accepted,
        }
    }

    fn new(v4: TcpListener, v6: Option<TcpListener>, port: u16) -> Self {
        Self {
            v4,
            v6,
            port,
            open: CancellationToken::new().drop_guard(),
        }
    }
}

/// Binds both loopback addresses; port 0 takes any free one.
///
/// # Errors
/// [`FailureKind::PortTaken`] when either address of the port belongs to another program: half a port would
/// send `localhost` to a stranger.
pub async fn bind(port: u16) -> Result<Listeners, Failure> {
    bind_both(LOOPBACK, port)
}

/// Binds the port on every interface of this machine; port 0 takes any free one. What may come in there is
/// [`super::side`]'s to say.
///
/// # Errors
/// As for [`bind`].
pub(super) fn bind_everywhere(port: u16) -> Result<Listeners, Failure> {
    bind_both(EVERYWHERE, port)
}

fn bind_both([v4, v6]: [IpAddr; 2], port: u16) -> Result<Listeners, Failure> {
    for _ in 0..16 {
        let v4 = listen((v4, port).into()).map_err(|error| taken(port, &error))?;
        let bound = v4.local_addr().map_err(crate::failures::internal)?.port();
        match listen((v6, bound).into()) {
            Ok(v6) => {
                return Ok(Listeners::new(v4, Some(v6), bound));
            }
            Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
                if port != 0 {
                    return Err(taken(port, &error));
                }
            }
            // no IPv6 on this machine
            Err(_) => {
                return Ok(Listeners::new(v4, None, bound));
            }
        }
    }
    Err(Failure::new(
        FailureKind::PortTaken,
        "No port is free for both IPv4 and IPv6.",
    ))
}

/// As [`TcpListener::bind`] does it, but that connections do not hold megabytes for clients that do not read.
fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => {
            let socket = TcpSocket::new_v6()?;
            SockRef::from(&socket).set_only_v6(true)?;
            socket
        }
    };
    // on Windows it would let another program take the port
    #[cfg(not(windows))]
    socket.set_reuseaddr(true)?;
    // what is accepted inherits it
    socket.set_send_buffer_size(SEND_BUFFER)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

fn taken(port: u16, error: &std::io::Error) -> Failure {
    let message = if error.kind() == std::io::ErrorKind::AddrInUse {
        format!("Port {port} is taken by another program.")
    } else {
        format!("Port {port} cannot be used: {error}.")
    };
    Failure::new(FailureKind::PortTaken, message)
        .with_hint("Choose another with --port, or let --port 0 find one.")
}
