//! A socket file that nobody else can open.

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _, chown};
use std::os::unix::net::{SocketAddr, UnixListener as StdListener};
use std::path::{Path, PathBuf};

use tokio::net::{UnixListener, UnixStream};

use super::{Address, ListenError};
use crate::plugin::handshake::Place;

/// Listens as long as it lives, and removes its file in the end.
pub(crate) struct Listener {
    listener: UnixListener,
    path: PathBuf,
}

impl Listener {
    /// Binds within a Tokio runtime.
    pub(crate) fn bind(place: &Place) -> Result<Self, ListenError> {
        let directory = place.directory.clone().unwrap_or_else(std::env::temp_dir);
        let group = place.group.as_deref().map(group_id).transpose()?;
        let bound = bind_in(&directory, group);
        let (listener, path) = bound.map_err(|source| ListenError::Socket { directory, source })?;
        Ok(Self { listener, path })
    }

    pub(crate) fn address(&self) -> Address {
        Address::Unix(self.path.clone())
    }

    pub(crate) async fn accept(&self) -> io::Result<UnixStream> {
        self.listener.accept().await.map(|(stream, _)| stream)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // It may be gone: Terraform removes the directory it gave us.
        let _ = fs::remove_file(&self.path);
    }
}

/// A socket file is born with the permissions that the umask leaves. So it is
/// born in a directory of our own, and moved out with the right ones.
fn bind_in(directory: &Path, group: Option<u32>) -> io::Result<(UnixListener, PathBuf)> {
    let name = uuid::Uuid::new_v4().simple().to_string();
    let path = directory.join(format!("plugin-{name:.16}"));
    // Paths of sockets are short; it is the final one that has to fit.
    SocketAddr::from_pathname(&path)?;
    let cradle = path.with_extension("d");
    DirBuilder::new().mode(0o700).create(&cradle)?;
    let born = cradle.join("s");
    let listener = bind_private(&born, group).and_then(|listener| {
        fs::rename(&born, &path)?;
        Ok(listener)
    });
    if listener.is_err() {
        let _ = fs::remove_file(&born);
    }
    fs::remove_dir(&cradle)?;
    Ok((listener?, path))
}

fn bind_private(path: &Path, group: Option<u32>) -> io::Result<UnixListener> {
    let listener = StdListener::bind(path)?;
    let mode = match group {
        None => 0o600,
        Some(group) => {
            chown(path, None, Some(group))?;
            0o660
        }
    };
    fs::set_permissions(path, Permissions::from_mode(mode))?;
    listener.set_nonblocking(true)?;
    UnixListener::from_std(listener)
}

/// A group's number, from its number or its name.
fn group_id(group: &str) -> Result<u32, ListenError> {
    if let Ok(id) = group.parse() {
        return Ok(id);
    }
    let groups = fs::read_to_string("/etc/group").unwrap_or_default();
    find_group(&groups, group).ok_or_else(|| ListenError::Group(group.to_owned()))
}

/// Lines are `name:password:number:members`.
fn find_group(groups: &str, name: &str) -> Option<u32> {
    groups.lines().find_map(|line| {
        let mut fields = line.split(':');
        if fields.next() != Some(name) {
            return None;
        }
        fields.nth(1)?.parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(directory: &Path) -> Place {
        Place {
            directory: Some(directory.to_owned()),
            ..Place::default()
        }
    }

    #[tokio::test]
    async fn the_file_is_private_and_goes_away() {
        let directory = tempfile::tempdir().unwrap();
        let listener = Listener::bind(&place(directory.path())).unwrap();
        let Address::Unix(path) = listener.address() else {
            panic!("a socket file")
        };
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
        let (stream, accepted) = tokio::join!(UnixStream::connect(&path), listener.accept());
        assert!(stream.is_ok() && accepted.is_ok());
        drop(listener);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn a_group_may_be_let_in() {
        let directory = tempfile::tempdir().unwrap();
        let own = std::os::unix::fs::MetadataExt::gid(&fs::metadata(directory.path()).unwrap());
        let place = Place {
            group: Some(own.to_string()),
            ..place(directory.path())
        };
        let listener = Listener::bind(&place).unwrap();
        let mode = fs::metadata(listener.address().text()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o660);
    }

    #[tokio::test]
    async fn failures_leave_nothing_behind() {
        let directory = tempfile::tempdir().unwrap();
        let long = directory.path().join("x".repeat(100));
        fs::create_dir(&long).unwrap();
        for bad in [long.clone(), directory.path().join("missing")] {
            let result = Listener::bind(&place(&bad));
            assert!(matches!(result, Err(ListenError::Socket { .. })));
        }
        assert_eq!(fs::read_dir(&long).unwrap().count(), 0);
        let unknown = Place {
            group: Some("no such group".to_owned()),
            ..place(directory.path())
        };
        assert!(matches!(Listener::bind(&unknown), Err(ListenError::Group(_))));
    }

    #[test]
    fn groups_are_found_by_their_whole_name() {
        let groups = "root:x:0:\nstaffers:x:51:\nstaff:x:50:me,you\nbroken\nstaff2\n";
        assert_eq!(find_group(groups, "staff"), Some(50));
        assert_eq!(find_group(groups, "broken"), None);
        assert_eq!(find_group(groups, "sta"), None);
    }
}
