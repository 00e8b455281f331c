//! Which program holds the other end of a connection, where the operating system tells.
//!
//! People recognise a key by the program that uses it, and are surprised by one they do not know. Only the
//! program's name is read, never its arguments, which may hold secrets. Linux tells by the tables of `/proc`, for
//! programs of the same user; elsewhere nobody is asked.

use std::net::SocketAddr;

/// The two ends of a connection.
#[derive(Clone, Copy)]
pub(super) struct Peer {
    /// The program's.
    pub client: SocketAddr,
    /// Ours.
    pub server: SocketAddr,
}

impl Peer {
    /// The other machine's address, when the program is not on this one.
    pub fn elsewhere(self) -> Option<String> {
        let ip = self.client.ip().to_canonical();
        (!ip.is_loopback()).then(|| ip.to_string())
    }

    /// The program's name. Reads the tables of all processes: not for the path of a request.
    #[cfg(target_os = "linux")]
    pub fn program(self) -> Option<String> {
        linux::program(self)
    }

    /// Nobody tells.
    #[cfg(not(target_os = "linux"))]
    pub fn program(self) -> Option<String> {
        None
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::ffi::OsStr;
    use std::net::{IpAddr, SocketAddr};
    use std::path::Path;

    use super::Peer;

    pub(super) fn program(peer: Peer) -> Option<String> {
        let inode = inode(peer)?;
        let socket = format!("socket:[{inode}]");
        let processes = std::fs::read_dir("/proc").ok()?.flatten();
        let numbered = |name: &OsStr| name.as_encoded_bytes().iter().all(u8::is_ascii_digit);
        let holder = processes
            .filter(|process| numbered(&process.file_name()))
            .map(|process| process.path())
            .find(|process| holds(process, &socket))?;
        let name = std::fs::read_to_string(holder.join("comm")).ok()?;
        let name: String = name.trim().chars().filter(|c| !c.is_control()).collect();
        (!name.is_empty()).then_some(name)
    }

    fn holds(process: &Path, socket: &str) -> bool {
        let Ok(open) = std::fs::read_dir(process.join("fd")) else {
            return false;
        };
        open.flatten()
            .any(|fd| std::fs::read_link(fd.path()).is_ok_and(|target| target == Path::new(socket)))
    }

    /// The number of the program's socket.
    fn inode(peer: Peer) -> Option<u64> {
        let table = match peer.client {
            SocketAddr::V4(_) => "/proc/net/tcp",
            SocketAddr::V6(_) => "/proc/net/tcp6",
        };
        let (client, server) = (written(peer.client), written(peer.server));
        let table = std::fs::read_to_string(table).ok()?;
        let row = table.lines().find_map(|line| {
            let mut fields = line.split_ascii_whitespace().skip(1);
            let ends = (fields.next()?, fields.next()?);
            (ends == (client.as_str(), server.as_str())).then(|| fields.nth(6))?
        })?;
        row.parse().ok().filter(|inode| *inode != 0)
    }

    /// An address as the table writes it: words of four bytes in the machine's order.
    fn written(address: SocketAddr) -> String {
        let word = |bytes: &[u8]| {
            let bytes = <[u8; 4]>::try_from(bytes).unwrap_or_default();
            format!("{:08X}", u32::from_ne_bytes(bytes))
        };
        let ip = match address.ip() {
            IpAddr::V4(ip) => word(&ip.octets()),
            IpAddr::V6(ip) => ip.octets().chunks(4).map(word).collect(),
        };
        format!("{ip}:{:04X}", address.port())
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_connection_of_our_own_is_ours() -> std::io::Result<()> {
            for address in ["127.0.0.1:0", "[::1]:0"] {
                let Ok(listener) = std::net::TcpListener::bind(address) else {
                    continue;
                };
                let client = std::net::TcpStream::connect(listener.local_addr()?)?;
                let (server, _) = listener.accept()?;
                let peer = Peer {
                    client: client.local_addr()?,
                    server: server.local_addr()?,
                };
                let ours = std::fs::read_to_string("/proc/self/comm")?;
                assert_eq!(program(peer).as_deref(), Some(ours.trim()), "{address}");
                drop(client);
                assert_eq!(program(peer), None, "gone");
            }
            Ok(())
        }
    }
}
