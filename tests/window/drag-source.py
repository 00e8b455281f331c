"""A small window from which files can be dragged, as from a file manager: drag-source.py X Y URI…

It says `ready` when it can be taken hold of, `refused` when nobody wanted the files, and `ended` after each drag."""

import sys

import gi

gi.require_version("Gdk", "3.0")
gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, Gtk  # noqa: E402

x, y, *uris = sys.argv[1:]


def say(word):
    print(word, flush=True)


window = Gtk.Window(title="Files", decorated=False, accept_focus=False, default_width=60, default_height=40)
window.set_keep_above(True)
handle = Gtk.EventBox()
handle.drag_source_set(Gdk.ModifierType.BUTTON1_MASK, [], Gdk.DragAction.COPY)
handle.drag_source_add_uri_targets()
handle.connect("drag-data-get", lambda _handle, _drag, data, _info, _time: data.set_uris(uris))
handle.connect("drag-failed", lambda *_: say("refused"))
handle.connect("drag-end", lambda *_: say("ended"))
window.add(handle)
window.connect("map-event", lambda *_: say("ready"))
window.move(int(x), int(y))
window.show_all()
Gtk.main()
