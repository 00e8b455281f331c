//! A network of a test's own: names that resolve as it says, a server of pictures that may be asked, and one
//! inside that may not.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use domain::Failure;
use gateway::control::FetchedImage;
use serde_json::json;
use tokio::net::TcpListener;

use crate::support::{Provider, Reply, TestApp};

/// The smallest thing that is a picture.
pub const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0";
pub const PDF: &[u8] = b"%PDF-1.7\n1 0 obj << >> endobj\n";

/// What each lookup of a name gives, the last again and again.
type Answers = HashMap<&'static str, Vec<Vec<IpAddr>>>;

/// An app on that network.
pub struct Network {
    pub app: TestApp,
    /// At 127.0.0.1, as `pictures.example` and `other.example`.
    pub pictures: Provider,
    /// Connections to what listens at 127.0.0.2 on the same port, as `inside.example`.
    inside: Arc<AtomicUsize>,
    port: u16,
    names: Arc<Mutex<Answers>>,
    looked_up: Arc<Mutex<Vec<String>>>,
}

impl Network {
    pub async fn start() -> Self {
        Self::with(|_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut gateway::Config)) -> Self {
        let pictures = Provider::start().await;
        pictures.always(picture());
        let port: u16 = pictures.origin().rsplit(':').next().unwrap().parse().unwrap();
        let inside = Arc::new(AtomicUsize::new(0));
        let listener = TcpListener::bind((within(), port)).await.unwrap();
        let connections = Arc::clone(&inside);
        tokio::spawn(async move {
            while listener.accept().await.is_ok() {
                connections.fetch_add(1, Ordering::SeqCst);
            }
        });

        let names = Arc::new(Mutex::new(Answers::from([
            ("pictures.example", vec![vec![served()]]),
            ("other.example", vec![vec![served()]]),
            ("inside.example", vec![vec![within()]]),
        ])));
        let looked_up = Arc::new(Mutex::new(Vec::new()));
        let (known, told) = (Arc::clone(&names), Arc::clone(&looked_up));
        let lookup: gateway::Lookup = Arc::new(move |host: &str| {
            told.lock().unwrap().push(host.to_owned());
            let mut known = known.lock().unwrap();
            let answers = known.get_mut(host).ok_or(std::io::ErrorKind::NotFound)?;
            let answer = if answers.len() > 1 {
                answers.remove(0)
            } else {
                answers[0].clone()
            };
            Ok(answer)
        });
        let app = TestApp::with(|config| {
            config.fetch.lookup = Some(lookup);
            config.fetch.besides = vec![SocketAddr::new(served(), port)];
            change(config);
        })
        .await;
        Self {
            app,
            pictures,
            inside,
            port,
            names,
            looked_up,
        }
    }

    /// Says what the next lookups of a name give.
    pub fn resolves(&self, name: &'static str, answers: &[&[IpAddr]]) {
        let answers = answers.iter().map(|answer| answer.to_vec()).collect();
        self.names.lock().unwrap().insert(name, answers);
    }

    /// An address on the servers' port.
    pub fn url(&self, host: &str, path: &str) -> String {
        format!("http://{host}:{}{path}", self.port)
    }

    pub async fn fetch(&self, url: &str) -> Result<FetchedImage, Failure> {
        let got = self.app.run("image.fetch", json!({"url": url})).await?;
        Ok(serde_json::from_value(got).unwrap())
    }

    /// Why an image is not fetched: the end of the sentence.
    pub async fn refusal(&self, url: &str) -> String {
        let failure = self.fetch(url).await.expect_err(url);
        assert_eq!(failure.kind(), domain::FailureKind::InvalidRequest, "{url}");
        assert_eq!(failure.code(), Some("invalid_image_url"), "{url}");
        let message = failure.message();
        let why = message
            .strip_prefix("The image was not fetched: ")
            .expect(message);
        why.trim_end_matches('.').to_owned()
    }

    /// Connections to the server inside.
    pub fn reached_inside(&self) -> usize {
        self.inside.load(Ordering::SeqCst)
    }

    /// Names that were looked up so far.
    pub fn looked_up(&self) -> Vec<String> {
        self.looked_up.lock().unwrap().clone()
    }

    pub async fn finish(self) {
        assert_eq!(self.reached_inside(), 0, "nobody may get inside");
        self.app.finish().await;
    }
}

/// Where the pictures are.
pub fn served() -> IpAddr {
    Ipv4Addr::new(127, 0, 0, 1).into()
}

/// Where nobody may get.
pub fn within() -> IpAddr {
    Ipv4Addr::new(127, 0, 0, 2).into()
}

pub fn picture() -> Reply {
    Reply::new(200, "image/png").send(PNG)
}

pub fn redirect(status: u16, to: &str) -> Reply {
    Reply::new(status, "text/plain").header("location", to)
}
