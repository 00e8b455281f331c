//! A piece of a file, replaced.

use domain::Reach;
use serde::Deserialize;

use super::super::about::About;
use super::path::Refusal;
use super::{Allowed, Given, folder, read, write};

pub(in super::super) const EDIT: About = About {
    name: "edit_file",
    description: "Replaces a piece of a text file in the agent's folders. The old piece must be in it, word for word, exactly once, unless all of them are meant.",
    parameters: r#"{"type":"object","properties":{"path":{"type":"string"},"old":{"type":"string","description":"What stands there, with enough around it to be found once"},"new":{"type":"string","description":"What shall stand there"},"all":{"type":"boolean","description":"Whether every such piece is replaced"}},"required":["path","old","new"],"additionalProperties":false}"#,
    reach: Reach::Changes,
    untrusted: false,
    exact: false,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    path: String,
    old: String,
    new: String,
    #[serde(default)]
    all: bool,
}

pub(super) fn run(allowed: &Allowed, asked: &Asked) -> Result<Given, Refusal> {
    if asked.old.is_empty() {
        return Err(Refusal::Unfit(
            "There is nothing to replace: `old` is empty.".to_owned(),
        ));
    }
    let place = allowed.place(&asked.path, true)?;
    let (dir, name) = place.parent()?;
    let (file, metadata) = folder::open(&dir, name)?;
    let text = read::text(file, metadata.len())?;
    let found = text.matches(&asked.old).count();
    match found {
        0 => {
            return Err(Refusal::Unfit(
                "`old` is not in the file. Read it again: it must be the same word for word.".to_owned(),
            ));
        }
        1 => {}
        _ if asked.all => {}
        _ => {
            return Err(Refusal::Unfit(format!(
                "`old` is in the file {found} times. Take more of what stands around it, or say that all are meant."
            )));
        }
    }
    let edited = text.replace(&asked.old, &asked.new);
    write::replace(&dir, name, edited.as_bytes())?;
    let times = if found == 1 {
        "once".to_owned()
    } else {
        format!("{found} times")
    };
    Ok(Given::text(format!(
        "Replaced {times} in {}.",
        place.shown().display()
    )))
}
