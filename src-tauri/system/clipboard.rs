//! Text for other programs to paste.

/// What was copied. X11 asks the program that copied for the text, so this must live as long as the app.
#[derive(Default)]
pub struct Clipboard(Option<arboard::Clipboard>);

impl Clipboard {
    /// # Errors
    /// What the system says.
    pub fn copy(&mut self, text: String) -> Result<(), arboard::Error> {
        let mut clipboard = match self.0.take() {
            Some(clipboard) => clipboard,
            None => arboard::Clipboard::new()?,
        };
        clipboard.set_text(text)?;
        self.0 = Some(clipboard);
        Ok(())
    }
}
