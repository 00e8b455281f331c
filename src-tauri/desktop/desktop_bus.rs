//! Two questions to the Linux desktop, over its session bus: does it show tray icons, and a notification for
//! people who started the app from a menu and see no stderr. No bus means no, quietly.

#[cfg(target_os = "linux")]
mod linux {
    use std::collections::HashMap;

    use zbus::{
        blocking::{Connection, fdo::DBusProxy},
        names::BusName,
        zvariant::Value,
    };

    fn has_tray_host() -> zbus::Result<bool> {
        let bus = Connection::session()?;
        let watcher = BusName::try_from("org.kde.StatusNotifierWatcher")?;
        Ok(DBusProxy::new(&bus)?.name_has_owner(watcher)?)
    }

    fn send_notification(title: &str, text: &str) -> zbus::Result<()> {
        let hints: HashMap<&str, Value<'_>> = HashMap::new();
        let actions: [&str; 0] = [];
        Connection::session()?.call_method(
            Some("org.freedesktop.Notifications"),
            "/org/freedesktop/Notifications",
            Some("org.freedesktop.Notifications"),
            "Notify",
            &("Inglenook", 0u32, "", title, text, actions, hints, -1i32),
        )?;
        Ok(())
    }

    /// Whether the desktop shows the icons that programs register.
    pub fn shows_tray_icons() -> bool {
        has_tray_host().unwrap_or(false)
    }

    /// Shows a notification, where there is a desktop to show it.
    pub fn notify(title: &str, text: &str) {
        if let Err(error) = send_notification(title, text) {
            tracing::debug!(%error, "no notification");
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod elsewhere {
    /// macOS and Windows always have a tray.
    pub fn shows_tray_icons() -> bool {
        true
    }

    /// The message stays on stderr.
    pub fn notify(_title: &str, _text: &str) {}
}

#[cfg(not(target_os = "linux"))]
pub use elsewhere::{notify, shows_tray_icons};
#[cfg(target_os = "linux")]
pub use linux::{notify, shows_tray_icons};
