//! From an open folder to what lies below it, a name at a time.

use std::io;
use std::path::{Path, PathBuf};

use cap_fs_ext::{DirExt, FollowSymlinks, OpenOptionsFollowExt, OpenOptionsSyncExt};
use cap_std::ambient_authority;
use cap_std::fs::{Dir, File, Metadata, OpenOptions};

use super::path::{self, Refusal};
use super::{Allowed, Root};

/// A place below one of the agent's folders.
pub(super) struct Place {
    /// The folder of the agent.
    root: Dir,
    /// Where that is.
    at: PathBuf,
    /// The names below it.
    names: Vec<String>,
}

impl Allowed {
    /// The place that a path means: below the folder that it begins with, or below the first.
    pub fn place(&self, text: &str, writes: bool) -> Result<Place, Refusal> {
        let written = path::read(text)?;
        let (root, below) = if written.is_absolute() {
            let under = |root: &&Root| written.strip_prefix(&root.path).is_ok();
            let root = self
                .roots
                .iter()
                .filter(under)
                .max_by_key(|root| root.path.as_os_str().len());
            let root = root.ok_or_else(|| self.outside())?;
            let below = written.strip_prefix(&root.path).map_err(|_| self.outside())?;
            (root, below.to_owned())
        } else {
            let fits = |root: &&Root| root.write || !writes;
            let root = self.roots.iter().find(fits).or(self.roots.first());
            (root.ok_or(Refusal::NoFolders)?, written)
        };
        if writes && !root.write {
            return Err(Refusal::ReadOnly);
        }
        let names = path::names(&below)?;
        // what leads to the folder is known by its true name
        let at = root.path.canonicalize().map_err(|_| Refusal::Missing)?;
        let leading: Vec<String> = at
            .components()
            .filter_map(|part| part.as_os_str().to_str().map(str::to_owned))
            .collect();
        path::check_place(&leading, false)?;
        path::check_place(&names, writes)?;
        let place = Place {
            root: Dir::open_ambient_dir(&at, ambient_authority())?,
            at,
            names,
        };
        let shown = place.shown();
        if shown.starts_with(&self.data) || (writes && self.data.starts_with(&shown)) {
            return Err(Refusal::Secret);
        }
        Ok(place)
    }

    fn outside(&self) -> Refusal {
        if self.roots.is_empty() {
            return Refusal::NoFolders;
        }
        let folders: Vec<_> = self
            .roots
            .iter()
            .map(|root| root.path.display().to_string())
            .collect();
        Refusal::Outside(format!("they are {}", folders.join(", ")))
    }

    /// Whether this is the app's own folder.
    pub fn is_own(&self, path: &Path) -> bool {
        path.starts_with(&self.data)
    }
}

impl Place {
    /// Where it is, for people and models.
    pub fn shown(&self) -> PathBuf {
        self.names
            .iter()
            .fold(self.at.clone(), |path, name| path.join(name))
    }

    /// Opens it as a folder.
    pub fn folder(&self) -> Result<Dir, Refusal> {
        descend(&self.root, &self.names)
    }

    /// The folder that it is in, and its name there.
    pub fn parent(&self) -> Result<(Dir, &str), Refusal> {
        let (name, above) = self.names.split_last().ok_or(Refusal::Kind("a folder"))?;
        Ok((descend(&self.root, above)?, name))
    }

    /// The same, with folders made that are not there.
    pub fn parent_made(&self) -> Result<(Dir, &str), Refusal> {
        let (name, above) = self.names.split_last().ok_or(Refusal::Kind("a folder"))?;
        let mut dir = self.root.try_clone()?;
        for step in above {
            match dir.create_dir(step) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error.into()),
            }
            dir = dir.open_dir_nofollow(step)?;
        }
        Ok((dir, name))
    }

    /// Opens it as a file to be read.
    pub fn file(&self) -> Result<(File, Metadata), Refusal> {
        let (dir, name) = self.parent()?;
        open(&dir, name)
    }
}

/// Opens a file below an open folder: an ordinary one, and never by a link.
pub(super) fn open(dir: &Dir, name: &str) -> Result<(File, Metadata), Refusal> {
    let mut options = OpenOptions::new();
    // a pipe that nobody writes to would be waited for
    options.read(true).follow(FollowSymlinks::No).nonblock(true);
    not_a_link(dir, name)?;
    let file = dir.open_with(name, &options)?;
    let metadata = file.metadata()?;
    match metadata.file_type() {
        kind if kind.is_dir() => Err(Refusal::Kind("a folder")),
        kind if kind.is_file() => Ok((file, metadata)),
        _ => Err(Refusal::Kind("no ordinary file")),
    }
}

/// Says so when a name is a link. It may be made one in the next moment; then the opening itself fails.
fn not_a_link(dir: &Dir, name: &str) -> Result<(), Refusal> {
    match dir.symlink_metadata(name)?.is_symlink() {
        true => Err(Refusal::Link),
        false => Ok(()),
    }
}

fn descend(root: &Dir, names: &[String]) -> Result<Dir, Refusal> {
    let mut dir = root.try_clone()?;
    for name in names {
        not_a_link(&dir, name)?;
        dir = dir.open_dir_nofollow(name)?;
    }
    Ok(dir)
}
