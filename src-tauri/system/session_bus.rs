//! What is asked of the Linux desktop over its session bus: does it show tray icons, and does it show a
//! notification. No bus means no, quietly.
//!
//! Many desktops read a notification's text as markup, and it may carry names that people gave to things. So where
//! one says that it does, the text is escaped; a title is never markup.

#[cfg(target_os = "linux")]
mod linux {
    use std::collections::HashMap;

    use futures_util::StreamExt;
    use zbus::{
        Connection,
        blocking::{self, fdo::DBusProxy},
        names::BusName,
        zvariant::Value,
    };

    fn has_tray_host() -> zbus::Result<bool> {
        let bus = blocking::Connection::session()?;
        let watcher = BusName::try_from("org.kde.StatusNotifierWatcher")?;
        Ok(DBusProxy::new(&bus)?.name_has_owner(watcher)?)
    }

    #[zbus::proxy(
        interface = "org.freedesktop.Notifications",
        default_service = "org.freedesktop.Notifications",
        default_path = "/org/freedesktop/Notifications"
    )]
    trait Notifications {
        fn get_capabilities(&self) -> zbus::Result<Vec<String>>;

        #[expect(clippy::too_many_arguments, reason = "the interface has as many")]
        fn notify(
            &self,
            program: &str,
            replaces: u32,
            icon: &str,
            title: &str,
            text: &str,
            actions: &[&str],
            hints: HashMap<&str, Value<'_>>,
            milliseconds: i32,
        ) -> zbus::Result<u32>;

        #[zbus(signal)]
        fn action_invoked(&self, id: u32, action: String) -> zbus::Result<()>;

        #[zbus(signal)]
        fn notification_closed(&self, id: u32, reason: u32) -> zbus::Result<()>;
    }

    /// The action that a click on the whole notification is.
    const CLICK: &str = "default";

    async fn send(
        desktop: &NotificationsProxy<'_>,
        title: &str,
        text: &str,
        open: &str,
    ) -> zbus::Result<u32> {
        let capabilities = desktop.get_capabilities().await?;
        let has = |name: &str| capabilities.iter().any(|capability| capability == name);
        let text = if has("body-markup") {
            escaped(text)
        } else {
            text.to_owned()
        };
        let click = [CLICK, open];
        let actions: &[&str] = if open.is_empty() { &[] } else { &click };
        desktop
            .notify("Inglenook", 0, "", title, &text, actions, HashMap::new(), -1)
            .await
    }

    async fn send_and_wait(title: &str, text: &str, open: &str, shown: impl FnOnce()) -> zbus::Result<bool> {
        let desktop = NotificationsProxy::new(&Connection::session().await?).await?;
        // listened to before it is sent: an answer may come at once
        let mut clicks = desktop.receive_action_invoked().await?;
        let mut ends = desktop.receive_notification_closed().await?;
        let id = send(&desktop, title, text, open).await?;
        shown();
        loop {
            tokio::select! {
                biased;
                click = clicks.next() => match click {
                    Some(click) if click.args()?.id == id => return Ok(true),
                    Some(_) => {}
                    None => return Ok(false),
                },
                end = ends.next() => match end {
                    Some(end) if end.args()?.id == id => return Ok(false),
                    Some(_) => {}
                    None => return Ok(false),
                },
            }
        }
    }

    fn escaped(text: &str) -> String {
        text.replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
    }

    /// Whether the desktop shows the icons that programs register.
    pub fn shows_tray_icons() -> bool {
        has_tray_host().unwrap_or(false)
    }

    /// Shows a notification that asks for nothing, where there is a desktop to show it.
    pub async fn notify(title: &str, text: &str) {
        let sent = async {
            let desktop = NotificationsProxy::new(&Connection::session().await?).await?;
            send(&desktop, title, text, "").await
        };
        if let Err(error) = sent.await {
            tracing::debug!(%error, "no notification");
        }
    }

    /// Shows a notification and waits until it was clicked or is gone: whether it was clicked. `shown` is called
    /// once it is shown; it is not where there is no desktop that shows one.
    pub async fn ask(title: &str, text: &str, open: &str, shown: impl FnOnce()) -> bool {
        match send_and_wait(title, text, open, shown).await {
            Ok(clicked) => clicked,
            Err(error) => {
                tracing::debug!(%error, "no notification");
                false
            }
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
    pub async fn notify(_title: &str, _text: &str) {}

    /// The window alone says it.
    pub async fn ask(_title: &str, _text: &str, _open: &str, _shown: impl FnOnce()) -> bool {
        false
    }
}

#[cfg(not(target_os = "linux"))]
pub use elsewhere::{ask, notify, shows_tray_icons};
#[cfg(target_os = "linux")]
pub use linux::{ask, notify, shows_tray_icons};
