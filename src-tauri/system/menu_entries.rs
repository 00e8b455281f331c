//! What the menus hold (docs/decisions/0016).

/// An entry: what the page knows it by, and its key. Empty: a line.
pub type Entry = (&'static str, &'static str);
/// A line between entries.
pub const LINE: Entry = ("", "");

/// What makes and hands out.
pub const FILE: &[Entry] = &[
    ("new-chat", "CmdOrCtrl+N"),
    ("new-agent", ""),
    ("new-key", ""),
    LINE,
    ("copy-address", ""),
];
/// Where one can go, and how large it is shown.
pub const VIEW: &[Entry] = &[
    ("palette", "CmdOrCtrl+K"),
    ("find", "CmdOrCtrl+F"),
    LINE,
    ("chat", "CmdOrCtrl+1"),
    ("agents", "CmdOrCtrl+2"),
    ("providers", "CmdOrCtrl+3"),
    ("connect", "CmdOrCtrl+4"),
    ("activity", "CmdOrCtrl+5"),
    ("usage", "CmdOrCtrl+6"),
    ("settings", "CmdOrCtrl+7"),
    LINE,
    ("zoom-in", "CmdOrCtrl+="),
    ("zoom-out", "CmdOrCtrl+-"),
    ("zoom-reset", "CmdOrCtrl+0"),
];
/// What explains.
pub const HELP: &[Entry] = &[("shortcuts", ""), ("setup", "")];
